// The echo of the bench on grpc-go, with its defaults.
package main

import (
	"context"
	"net"

	"google.golang.org/grpc"

	"fairlead.io/bench/onecore/gen/echo"
	"fairlead.io/bench/onecore/usage"
)

type server struct {
	echo.UnimplementedEchoServer
}

func (server) Unary(_ context.Context, request *echo.Payload) (*echo.Payload, error) {
	return request, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	calls := grpc.NewServer()
	echo.RegisterEchoServer(calls, server{})
	go func() { panic(calls.Serve(listener)) }()
	usage.Answer(listener)
}
