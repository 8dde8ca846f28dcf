// Calls a server by connect-go: three protocols, two forms of messages, HTTP/1.1 and HTTP/2.
// Usage: main -target host:port
// Prints "RESULT <form>/<case> pass" or "RESULT <form>/<case> fail <why>" for each case.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"connectrpc.com/connect"
	"fairlead.io/interop/connect/gen/depotv1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
)

const ceiling = 60 * time.Second

// A form is how calls are made.
type form struct {
	name    string
	http2   bool
	options []connect.ClientOption
}

type caller struct {
	form
	client *http.Client
	url    string
}

var forms = []form{
	{"connect-proto-http1", false, nil},
	{"connect-json-http1", false, []connect.ClientOption{connect.WithProtoJSON()}},
	{"connect-proto-http2", true, nil},
	{"connect-json-http2", true, []connect.ClientOption{connect.WithProtoJSON()}},
	{"grpcweb-proto-http1", false, []connect.ClientOption{connect.WithGRPCWeb()}},
	{"grpcweb-json-http2", true, []connect.ClientOption{connect.WithGRPCWeb(), connect.WithProtoJSON()}},
	{"grpc-proto-http2", true, []connect.ClientOption{connect.WithGRPC()}},
	{"grpc-json-http2", true, []connect.ClientOption{connect.WithGRPC(), connect.WithProtoJSON()}},
}

var cases = []struct {
	name  string
	http2 bool
	run   func(context.Context, *caller) error
}{
	{"unary", false, unary},
	{"metadata", false, metadata},
	{"compressed", false, compressed},
	{"error_details", false, errorDetails},
	{"get", false, get},
	{"server_stream", false, serverStream},
	{"stream_error", false, streamError},
	{"client_stream", false, clientStream},
	{"bidi_stream", true, bidiStream},
	{"deadline", false, deadline},
	{"cancellation", false, cancellation},
}

func main() {
	target := flag.String("target", "", "the server, host:port")
	flag.Parse()
	failed := false
	for _, f := range forms {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(!f.http2)
		protocols.SetUnencryptedHTTP2(f.http2)
		c := &caller{f, &http.Client{Transport: &http.Transport{Protocols: protocols}}, "http://" + *target}
		for _, each := range cases {
			if each.http2 && !f.http2 {
				continue
			}
			ctx, cancel := context.WithTimeout(context.Background(), ceiling)
			err := each.run(ctx, c)
			cancel()
			if err == nil {
				fmt.Printf("RESULT %s/%s pass\n", f.name, each.name)
			} else {
				failed = true
				fmt.Printf("RESULT %s/%s fail %s\n", f.name, each.name, strings.ReplaceAll(err.Error(), "\n", " | "))
			}
		}
		c.client.CloseIdleConnections()
	}
	if failed {
		os.Exit(1)
	}
}

// A method of the service, called in the caller's form.
func method[Q, R any](c *caller, name string, more ...connect.ClientOption) *connect.Client[Q, R] {
	return connect.NewClient[Q, R](c.client, c.url+"/depot.v1.Depot/"+name, append(more, c.options...)...)
}

func expect[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s is %v, not %v", what, got, wanted)
	}
	return nil
}

func unary(ctx context.Context, c *caller) error {
	payload := bytes.Repeat([]byte{1, 2, 250}, 1000)
	reply, err := method[depotv1.StoreRequest, depotv1.StoreReply](c, "Store").CallUnary(ctx,
		connect.NewRequest(&depotv1.StoreRequest{Text: "Grüße, 世界", Payload: payload, ReplyBytes: 3}))
	if err != nil {
		return err
	}
	return errors.Join(
		expect("text", reply.Msg.Text, "Grüße, 世界"),
		expect("payload", string(reply.Msg.Payload), "\x00\x01\x02"),
		expect("payload_sum", reply.Msg.PayloadSum, 253_000))
}

func metadata(ctx context.Context, c *caller) error {
	request := connect.NewRequest(&depotv1.StoreRequest{})
	request.Header().Add("depot-text", "one")
	request.Header().Add("depot-text", "two")
	request.Header().Set("depot-trace-bin", connect.EncodeBinaryHeader([]byte{0, 255, 16}))
	reply, err := method[depotv1.StoreRequest, depotv1.StoreReply](c, "Store").CallUnary(ctx, request)
	if err != nil {
		return err
	}
	for what, header := range map[string]http.Header{"headers": reply.Header(), "trailers": reply.Trailer()} {
		binary, err := connect.DecodeBinaryHeader(header.Get("depot-trace-bin"))
		if err := errors.Join(err,
			expect("depot-text of "+what, strings.ReplaceAll(strings.Join(header.Values("depot-text"), ","), " ", ""), "one,two"),
			expect("depot-trace-bin of "+what, string(binary), "\x00\xff\x10")); err != nil {
			return err
		}
	}
	return nil
}

func compressed(ctx context.Context, c *caller) error {
	text := strings.Repeat("x", 100_000)
	reply, err := method[depotv1.StoreRequest, depotv1.StoreReply](c, "Pack", connect.WithSendGzip()).CallUnary(ctx,
		connect.NewRequest(&depotv1.StoreRequest{Text: text}))
	if err != nil {
		return err
	}
	return expect("text", reply.Msg.Text, text)
}

func checkFailure(err error) error {
	var failure *connect.Error
	if !errors.As(err, &failure) {
		return fmt.Errorf("no error of connect, but %v", err)
	}
	if err := errors.Join(
		expect("code", failure.Code(), connect.CodeNotFound),
		expect("message", failure.Message(), "7 % of the shelf: größer als 世界"),
		expect("details", len(failure.Details()), 2)); err != nil {
		return err
	}
	first, err := failure.Details()[0].Value()
	if err != nil {
		return err
	}
	if !proto.Equal(first, &errdetails.ErrorInfo{
		Reason: "GONE", Domain: "depot.example", Metadata: map[string]string{"shelf": "7"}}) {
		return fmt.Errorf("the first detail is %v", first)
	}
	return nil
}

func failure() *depotv1.Failure {
	return &depotv1.Failure{Code: 5, Message: "7 % of the shelf: größer als 世界", Reason: "GONE", Field: "text"}
}

func errorDetails(ctx context.Context, c *caller) error {
	_, err := method[depotv1.StoreRequest, depotv1.StoreReply](c, "Store").CallUnary(ctx,
		connect.NewRequest(&depotv1.StoreRequest{Failure: failure()}))
	return checkFailure(err)
}

// For a method without side effects, connect-go makes GET requests of Connect's protocol.
func get(ctx context.Context, c *caller) error {
	id := "get-" + c.name
	hold, err := method[depotv1.HoldRequest, depotv1.Item](c, "Hold").CallServerStream(ctx,
		connect.NewRequest(&depotv1.HoldRequest{Id: id}))
	if err != nil {
		return err
	}
	if !hold.Receive() {
		return fmt.Errorf("no item: %w", hold.Err())
	}
	if err := hold.Close(); err != nil && connect.CodeOf(err) != connect.CodeCanceled {
		return err
	}
	_, err = method[depotv1.HoldRequest, depotv1.ReleasedReply](c, "Released", connect.WithHTTPGet(),
		connect.WithIdempotency(connect.IdempotencyNoSideEffects)).CallUnary(ctx,
		connect.NewRequest(&depotv1.HoldRequest{Id: id}))
	return err
}

func serverStream(ctx context.Context, c *caller) error {
	stream, err := method[depotv1.ListRequest, depotv1.Item](c, "List").CallServerStream(ctx,
		connect.NewRequest(&depotv1.ListRequest{Count: 1000}))
	if err != nil {
		return err
	}
	defer stream.Close()
	count := int64(0)
	for ; stream.Receive(); count++ {
		if stream.Msg().Number != count {
			return fmt.Errorf("item %d has number %d", count, stream.Msg().Number)
		}
	}
	return errors.Join(stream.Err(), expect("count", count, 1000))
}

func streamError(ctx context.Context, c *caller) error {
	stream, err := method[depotv1.ListRequest, depotv1.Item](c, "List").CallServerStream(ctx,
		connect.NewRequest(&depotv1.ListRequest{Count: 3, Failure: failure()}))
	if err != nil {
		return err
	}
	defer stream.Close()
	count := 0
	for stream.Receive() {
		count++
	}
	return errors.Join(expect("count", count, 3), checkFailure(stream.Err()))
}

func clientStream(ctx context.Context, c *caller) error {
	stream := method[depotv1.Item, depotv1.Summary](c, "Deliver").CallClientStream(ctx)
	for i := int64(0); i < 100; i++ {
		if err := stream.Send(&depotv1.Item{Number: i}); err != nil {
			return err
		}
	}
	reply, err := stream.CloseAndReceive()
	if err != nil {
		return err
	}
	return errors.Join(expect("count", reply.Msg.Count, 100), expect("total", reply.Msg.Total, 4950))
}

func bidiStream(ctx context.Context, c *caller) error {
	stream := method[depotv1.Item, depotv1.Item](c, "Exchange").CallBidiStream(ctx)
	for i := int64(0); i < 20; i++ {
		if err := stream.Send(&depotv1.Item{Number: i}); err != nil {
			return err
		}
		item, err := stream.Receive()
		if err != nil {
			return err
		}
		if err := expect("number", item.Number, 2*i); err != nil {
			return err
		}
	}
	if err := stream.CloseRequest(); err != nil {
		return err
	}
	if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the end is %v", err)
	}
	return stream.CloseResponse()
}

func deadline(ctx context.Context, c *caller) error {
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	_, err := method[depotv1.HoldRequest, depotv1.Item](c, "Stall").CallUnary(short,
		connect.NewRequest(&depotv1.HoldRequest{Id: "deadline-" + c.name}))
	return expect("code", connect.CodeOf(err), connect.CodeDeadlineExceeded)
}

func cancellation(ctx context.Context, c *caller) error {
	id := "cancel-" + c.name
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := method[depotv1.HoldRequest, depotv1.Item](c, "Hold").CallServerStream(own,
		connect.NewRequest(&depotv1.HoldRequest{Id: id}))
	if err != nil {
		return err
	}
	if !stream.Receive() {
		return fmt.Errorf("no item: %w", stream.Err())
	}
	cancel()
	_ = stream.Close()
	// Answered when the handler of the stream has heard that its caller left.
	_, err = method[depotv1.HoldRequest, depotv1.ReleasedReply](c, "Released").CallUnary(ctx,
		connect.NewRequest(&depotv1.HoldRequest{Id: id}))
	return err
}
