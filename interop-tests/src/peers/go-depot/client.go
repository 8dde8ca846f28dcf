package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"fairlead.io/interop/depot/gen/depotv1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	ceiling = 60 * time.Second
	// What the contract says of Stall, less what clocks may differ.
	stallLimit = 2950 * time.Millisecond
	// A sender may round a timeout up in its header.
	rounding = 2 * time.Second
	large    = 8 << 20
	message  = "7 % of \t the shelf: größer als 世界"
)

type caller struct {
	target, packed, next string
	config               string
	stub                 depotv1.DepotClient
}

type testCase struct {
	name string
	run  func(context.Context, *caller) error
}

var cases = []testCase{
	{"unary", unary},
	{"server_streaming", serverStreaming},
	{"client_streaming", clientStreaming},
	{"bidi_streaming", bidiStreaming},
	{"empty_streams", emptyStreams},
	{"text_metadata", textMetadata},
	{"binary_metadata", binaryMetadata},
	{"trailers", trailers},
	{"error_details", errorDetails},
	{"stream_error", streamError},
	{"deadline_seen", deadlineSeen},
	{"deadline_expires", deadlineExpires},
	{"cancellation", cancellation},
	{"compression", compression},
	{"large_messages", largeMessages},
	{"deadline_three_hops", deadlineThreeHops},
	{"config_retry", configRetry},
	{"config_deadline", configDeadline},
	{"config_deadline_not_early", configDeadlineNotEarly},
}

// Prints "RESULT <case> pass" or "RESULT <case> fail <why>" for each case.
func call(args []string) error {
	flags := flag.NewFlagSet("call", flag.ExitOnError)
	c := &caller{}
	flags.StringVar(&c.target, "target", "", "the server, host:port")
	flags.StringVar(&c.packed, "packed", "", "a way to the same server that counts bytes")
	flags.StringVar(&c.next, "next", "", "the last server of three hops")
	config := flags.String("config", "", "a file with a service config")
	only := flags.String("cases", "", "only these, with commas")
	_ = flags.Parse(args)
	if *config != "" {
		text, err := os.ReadFile(*config)
		if err != nil {
			return err
		}
		c.config = string(text)
	}
	channel, err := dial(c.target)
	if err != nil {
		return err
	}
	defer channel.Close()
	c.stub = depotv1.NewDepotClient(channel)
	for _, each := range cases {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), each.name) {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), ceiling)
		err := each.run(ctx, c)
		cancel()
		if err == nil {
			fmt.Println("RESULT", each.name, "pass")
		} else {
			fmt.Println("RESULT", each.name, "fail", strings.ReplaceAll(err.Error(), "\n", " | "))
		}
	}
	return nil
}

func dial(target string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	options = append(options,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largest)))
	return grpc.NewClient(target, options...)
}

func expect[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s is %v, not %v", what, got, wanted)
	}
	return nil
}

func unary(ctx context.Context, c *caller) error {
	reply, err := c.stub.Store(ctx, &depotv1.StoreRequest{Text: "Grüße, 世界"})
	if err != nil {
		return err
	}
	return expect("text", reply.Text, "Grüße, 世界")
}

func receive(stream grpc.ServerStreamingClient[depotv1.Item]) (int64, error) {
	for n := int64(0); ; n++ {
		item, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if item.Number != n {
			return n, fmt.Errorf("item %d has number %d", n, item.Number)
		}
	}
}

func serverStreaming(ctx context.Context, c *caller) error {
	stream, err := c.stub.List(ctx, &depotv1.ListRequest{Count: 1000})
	if err != nil {
		return err
	}
	count, err := receive(stream)
	return errors.Join(err, expect("count", count, 1000))
}

func deliver(ctx context.Context, c *caller, count int64) (*depotv1.Summary, error) {
	stream, err := c.stub.Deliver(ctx)
	if err != nil {
		return nil, err
	}
	for i := int64(0); i < count; i++ {
		if err := stream.Send(&depotv1.Item{Number: i}); err != nil {
			return nil, err
		}
	}
	return stream.CloseAndRecv()
}

func clientStreaming(ctx context.Context, c *caller) error {
	summary, err := deliver(ctx, c, 1000)
	if err != nil {
		return err
	}
	return errors.Join(expect("count", summary.Count, 1000), expect("total", summary.Total, 499500))
}

func bidiStreaming(ctx context.Context, c *caller) error {
	stream, err := c.stub.Exchange(ctx)
	if err != nil {
		return err
	}
	for i := int64(0); i < 100; i++ {
		if err := stream.Send(&depotv1.Item{Number: i}); err != nil {
			return err
		}
		item, err := stream.Recv()
		if err != nil {
			return err
		}
		if err := expect("answer", item.Number, 2*i); err != nil {
			return err
		}
	}
	return ends(stream)
}

func ends(stream grpc.BidiStreamingClient[depotv1.Item, depotv1.Item]) error {
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the stream ended with %v", err)
	}
	return nil
}

func emptyStreams(ctx context.Context, c *caller) error {
	list, err := c.stub.List(ctx, &depotv1.ListRequest{})
	if err != nil {
		return err
	}
	count, err := receive(list)
	if err := errors.Join(err, expect("count", count, 0)); err != nil {
		return err
	}
	summary, err := deliver(ctx, c, 0)
	if err != nil {
		return err
	}
	if err := expect("count", summary.Count, 0); err != nil {
		return err
	}
	exchange, err := c.stub.Exchange(ctx)
	if err != nil {
		return err
	}
	return ends(exchange)
}

var texts = []string{"first one", "second, with a comma", "~!@#$%^&*()"}

func bins() []string {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return []string{string(all), "\x00", "\xff\xfe\xfd"}
}

func echoed(ctx context.Context, c *caller) (headers, trailers metadata.MD, err error) {
	sent := metadata.MD{"depot-text": texts, "depot-trace-bin": bins()}
	_, err = c.stub.Store(metadata.NewOutgoingContext(ctx, sent), &depotv1.StoreRequest{},
		grpc.Header(&headers), grpc.Trailer(&trailers))
	return headers, trailers, err
}

// Several text values may come as one, joined by commas.
func hasTexts(what string, got metadata.MD) error {
	flat := func(values []string) string { return strings.ReplaceAll(strings.Join(values, ","), ", ", ",") }
	return expect(what, flat(got.Get("depot-text")), flat(texts))
}

func hasBins(what string, got metadata.MD) error {
	if !slices.Equal(got.Get("depot-trace-bin"), bins()) {
		return fmt.Errorf("%s hold %q", what, got.Get("depot-trace-bin"))
	}
	return nil
}

func textMetadata(ctx context.Context, c *caller) error {
	headers, _, err := echoed(ctx, c)
	return errors.Join(err, hasTexts("headers", headers))
}

func binaryMetadata(ctx context.Context, c *caller) error {
	headers, _, err := echoed(ctx, c)
	return errors.Join(err, hasBins("headers", headers))
}

func trailers(ctx context.Context, c *caller) error {
	_, trailers, err := echoed(ctx, c)
	return errors.Join(err, hasTexts("trailers", trailers), hasBins("trailers", trailers))
}

func wanted(code codes.Code) *depotv1.Failure {
	return &depotv1.Failure{Code: int32(code), Message: message, Reason: "SHELF_EMPTY", Field: "sku"}
}

func describes(err error, code codes.Code) error {
	got := status.Convert(err)
	if got.Code() != code || got.Message() != message {
		return fmt.Errorf("the status is %v", got)
	}
	if len(got.Details()) != 2 {
		return fmt.Errorf("the details are %v", got.Details())
	}
	info, ok := got.Details()[0].(*errdetails.ErrorInfo)
	if !ok || info.Reason != "SHELF_EMPTY" || info.Domain != "depot.example" || info.Metadata["shelf"] != "7" {
		return fmt.Errorf("the first detail is %v", got.Details()[0])
	}
	request, ok := got.Details()[1].(*errdetails.BadRequest)
	if !ok || request.FieldViolations[0].Field != "sku" || request.FieldViolations[0].Description != "is wrong" {
		return fmt.Errorf("the second detail is %v", got.Details()[1])
	}
	return nil
}

func errorDetails(ctx context.Context, c *caller) error {
	_, err := c.stub.Store(ctx, &depotv1.StoreRequest{Failure: wanted(codes.FailedPrecondition)})
	return describes(err, codes.FailedPrecondition)
}

func streamError(ctx context.Context, c *caller) error {
	stream, err := c.stub.List(ctx, &depotv1.ListRequest{Count: 3, Failure: wanted(codes.Aborted)})
	if err != nil {
		return err
	}
	count, err := receive(stream)
	return errors.Join(expect("items before the failure", count, 3), describes(err, codes.Aborted))
}

func deadlineSeen(ctx context.Context, c *caller) error {
	reply, err := c.stub.Store(context.Background(), &depotv1.StoreRequest{})
	if err != nil {
		return err
	}
	if err := expect("time left without a deadline", reply.RemainingMs, -1); err != nil {
		return err
	}
	reply, err = c.stub.Store(ctx, &depotv1.StoreRequest{})
	if err != nil {
		return err
	}
	if reply.RemainingMs <= 0 || reply.RemainingMs > (ceiling+rounding).Milliseconds() {
		return fmt.Errorf("the server had %d ms left, of %v", reply.RemainingMs, ceiling)
	}
	return nil
}

func newID(what string) string {
	return fmt.Sprintf("go-%s-%d", what, time.Now().UnixNano())
}

func held(ctx context.Context, c *caller, id string) (grpc.ServerStreamingClient[depotv1.Item], error) {
	stream, err := c.stub.Hold(ctx, &depotv1.HoldRequest{Id: id})
	if err != nil {
		return nil, err
	}
	_, err = stream.Recv()
	return stream, err
}

func expectCode(err error, code codes.Code) error {
	return expect("the code", status.Code(err), code)
}

func deadlineExpires(ctx context.Context, c *caller) error {
	id := newID("deadline")
	short, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	stream, err := c.stub.Hold(short, &depotv1.HoldRequest{Id: id})
	if err != nil {
		return err
	}
	for err == nil {
		_, err = stream.Recv()
	}
	_, released := c.stub.Released(ctx, &depotv1.HoldRequest{Id: id})
	return errors.Join(expectCode(err, codes.DeadlineExceeded), released)
}

func cancellation(ctx context.Context, c *caller) error {
	id := newID("cancel")
	cancellable, cancel := context.WithCancel(ctx)
	stream, err := held(cancellable, c, id)
	cancel()
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	_, released := c.stub.Released(ctx, &depotv1.HoldRequest{Id: id})
	return errors.Join(expectCode(err, codes.Canceled), released)
}

func transfer(ctx context.Context, method func(context.Context, *depotv1.StoreRequest, ...grpc.CallOption) (*depotv1.StoreReply, error), size int, options ...grpc.CallOption) error {
	payload := pattern(size)
	var sum uint64
	for _, b := range payload {
		sum += uint64(b)
	}
	reply, err := method(ctx, &depotv1.StoreRequest{Payload: payload, ReplyBytes: uint32(size)}, options...)
	if err != nil {
		return err
	}
	if !bytes.Equal(reply.Payload, payload) {
		return fmt.Errorf("the reply has %d bytes, or other ones", len(reply.Payload))
	}
	return expect("the sum of the bytes", reply.PayloadSum, sum)
}

func compression(ctx context.Context, c *caller) error {
	channel, err := dial(c.packed)
	if err != nil {
		return err
	}
	defer channel.Close()
	return transfer(ctx, depotv1.NewDepotClient(channel).Pack, 1<<20, grpc.UseCompressor(gzip.Name))
}

func largeMessages(ctx context.Context, c *caller) error {
	return transfer(ctx, c.stub.Store, large)
}

// This program, the target, and the last one.
func deadlineThreeHops(ctx context.Context, c *caller) error {
	reply, err := c.stub.Forward(ctx, &depotv1.ForwardRequest{Targets: []string{c.next}})
	if err != nil {
		return err
	}
	if len(reply.Legs) != 2 {
		return fmt.Errorf("the legs are %v", reply.Legs)
	}
	first, second := reply.Legs[0].RemainingMs, reply.Legs[1].RemainingMs
	if second <= 0 || second > first || first > (ceiling+rounding).Milliseconds() {
		return fmt.Errorf("the time left was %d ms, then %d ms, of %v", first, second, ceiling)
	}
	id := newID("hops")
	short, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err = c.stub.Forward(short, &depotv1.ForwardRequest{Targets: []string{c.next}, HoldId: id})
	if err := expectCode(err, codes.DeadlineExceeded); err != nil {
		return err
	}
	last, err := dial(c.next)
	if err != nil {
		return err
	}
	defer last.Close()
	_, err = depotv1.NewDepotClient(last).Released(ctx, &depotv1.HoldRequest{Id: id})
	return err
}

func configured(c *caller) (*grpc.ClientConn, error) {
	return dial(c.target, grpc.WithDefaultServiceConfig(c.config))
}

func configRetry(ctx context.Context, c *caller) error {
	channel, err := configured(c)
	if err != nil {
		return err
	}
	defer channel.Close()
	reply, err := depotv1.NewDepotClient(channel).Refill(ctx, &depotv1.RefillRequest{Id: newID("refill"), Failures: 2})
	if err != nil {
		return err
	}
	return errors.Join(
		expect("the server was asked", reply.Asked, 3),
		expect("grpc-previous-rpc-attempts", reply.PreviousAttempts, "2"))
}

// How long a call took that has no limit but the contract's.
func stalled(ctx context.Context, c *caller) (time.Duration, error) {
	channel, err := configured(c)
	if err != nil {
		return 0, err
	}
	defer channel.Close()
	id := newID("stall")
	start := time.Now()
	_, err = depotv1.NewDepotClient(channel).Stall(context.Background(), &depotv1.HoldRequest{Id: id})
	took := time.Since(start)
	if err := expectCode(err, codes.DeadlineExceeded); err != nil {
		return took, err
	}
	_, err = c.stub.Released(ctx, &depotv1.HoldRequest{Id: id})
	return took, err
}

func configDeadline(ctx context.Context, c *caller) error {
	_, err := stalled(ctx, c)
	return err
}

func configDeadlineNotEarly(ctx context.Context, c *caller) error {
	took, err := stalled(ctx, c)
	if err == nil && took < stallLimit {
		return fmt.Errorf("the deadline of %v came after %v", stallLimit, took)
	}
	return err
}
