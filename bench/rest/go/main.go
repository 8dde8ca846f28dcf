// The echo behind grpc-gateway, in one process: its mux calls the service without a connection in between, which is
// the fastest way that it has. Answers each line on its standard input with what it has allocated, as the Java servers do.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"

	gateway "github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	pb "fairlead.io/bench/rest/gen"
)

type echo struct {
	pb.UnimplementedRestEchoServer
}

func (echo) Unary(_ context.Context, request *pb.RestPayload) (*pb.RestPayload, error) {
	return request, nil
}

func main() {
	mux := gateway.NewServeMux()
	if err := pb.RegisterRestEchoHandlerServer(context.Background(), mux, echo{}); err != nil {
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
	fmt.Printf("@port=%d\n", listener.Addr().(*net.TCPAddr).Port)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		fmt.Printf("@cpu=0 allocated=%d compiling=0\n", memory.TotalAlloc)
	}
}
