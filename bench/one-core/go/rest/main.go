// The echo behind grpc-gateway, in one process: its mux calls the service without a connection in between, which is
// the fastest way that it has.
package main

import (
	"context"
	"net"
	"net/http"

	gateway "github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"fairlead.io/bench/onecore/gen/rest"
	"fairlead.io/bench/onecore/usage"
)

type echo struct {
	rest.UnimplementedRestEchoServer
}

func (echo) Unary(_ context.Context, request *rest.RestPayload) (*rest.RestPayload, error) {
	return request, nil
}

func main() {
	mux := gateway.NewServeMux()
	if err := rest.RegisterRestEchoHandlerServer(context.Background(), mux, echo{}); err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: mux, Protocols: protocols}
	go func() { panic(server.Serve(listener)) }()
	usage.Answer(listener)
}
