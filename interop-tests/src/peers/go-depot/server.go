package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"fairlead.io/interop/depot/gen/depotv1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // answers compressed requests compressed
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

const largest = 32 << 20

// Prints "listening on <port>" when it serves, and ends when its input does.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	name := flags.String("name", "go", "the name in replies")
	_ = flags.Parse(args)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(largest), grpc.MaxSendMsgSize(largest))
	depotv1.RegisterDepotServer(server, &depot{name: *name, asked: map[string]uint32{}, ended: map[string]chan struct{}{}})
	healthpb.RegisterHealthServer(server, health.NewServer())
	reflection.Register(server)
	go func() {
		if err := server.Serve(listener); err != nil {
			fmt.Fprintln(os.Stderr, "serve:", err)
			os.Exit(1)
		}
	}()
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	_, err = io.Copy(io.Discard, os.Stdin)
	server.Stop()
	return err
}

type depot struct {
	depotv1.UnimplementedDepotServer
	name  string
	mutex sync.Mutex
	asked map[string]uint32
	ended map[string]chan struct{}
}

func (d *depot) Store(ctx context.Context, request *depotv1.StoreRequest) (*depotv1.StoreReply, error) {
	if err := echoHeaders(ctx); err != nil {
		return nil, err
	}
	if request.Failure != nil {
		return nil, failure(request.Failure)
	}
	var sum uint64
	for _, b := range request.Payload {
		sum += uint64(b)
	}
	return &depotv1.StoreReply{
		Server:      d.name,
		Text:        request.Text,
		Payload:     pattern(int(request.ReplyBytes)),
		PayloadSum:  sum,
		RemainingMs: remaining(ctx),
	}, nil
}

func (d *depot) Pack(ctx context.Context, request *depotv1.StoreRequest) (*depotv1.StoreReply, error) {
	return d.Store(ctx, request)
}

func (d *depot) List(request *depotv1.ListRequest, stream grpc.ServerStreamingServer[depotv1.Item]) error {
	for i := int64(0); i < int64(request.Count); i++ {
		if err := stream.Send(&depotv1.Item{Number: i}); err != nil {
			return err
		}
	}
	if request.Failure != nil {
		return failure(request.Failure)
	}
	return nil
}

func (d *depot) Deliver(stream grpc.ClientStreamingServer[depotv1.Item, depotv1.Summary]) error {
	summary := &depotv1.Summary{}
	for {
		item, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(summary)
		}
		if err != nil {
			return err
		}
		summary.Count++
		summary.Total += item.Number
	}
}

func (d *depot) Exchange(stream grpc.BidiStreamingServer[depotv1.Item, depotv1.Item]) error {
	for {
		item, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&depotv1.Item{Number: 2 * item.Number}); err != nil {
			return err
		}
	}
}

func (d *depot) Hold(request *depotv1.HoldRequest, stream grpc.ServerStreamingServer[depotv1.Item]) error {
	if err := stream.Send(&depotv1.Item{}); err != nil {
		return err
	}
	return d.untilEnded(stream.Context(), request.Id)
}

func (d *depot) Stall(ctx context.Context, request *depotv1.HoldRequest) (*depotv1.Item, error) {
	return nil, d.untilEnded(ctx, request.Id)
}

func (d *depot) untilEnded(ctx context.Context, id string) error {
	<-ctx.Done()
	ended := d.end(id)
	d.mutex.Lock()
	defer d.mutex.Unlock()
	select {
	case <-ended: // a repeat of the call
	default:
		close(ended)
	}
	return status.FromContextError(ctx.Err()).Err()
}

// The end of a call may be asked for before it has begun.
func (d *depot) end(id string) chan struct{} {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.ended[id] == nil {
		d.ended[id] = make(chan struct{})
	}
	return d.ended[id]
}

func (d *depot) Released(ctx context.Context, request *depotv1.HoldRequest) (*depotv1.ReleasedReply, error) {
	select {
	case <-d.end(request.Id):
		return &depotv1.ReleasedReply{}, nil
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

func (d *depot) Forward(ctx context.Context, request *depotv1.ForwardRequest) (*depotv1.ForwardReply, error) {
	legs := []*depotv1.Leg{{Server: d.name, RemainingMs: remaining(ctx)}}
	if len(request.Targets) == 0 {
		if request.HoldId != "" {
			return nil, d.untilEnded(ctx, request.HoldId)
		}
		return &depotv1.ForwardReply{Legs: legs}, nil
	}
	channel, err := grpc.NewClient(request.Targets[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer channel.Close()
	next := &depotv1.ForwardRequest{Targets: request.Targets[1:], HoldId: request.HoldId}
	reply, err := depotv1.NewDepotClient(channel).Forward(ctx, next)
	if err != nil {
		return nil, err
	}
	return &depotv1.ForwardReply{Legs: append(legs, reply.Legs...)}, nil
}

func (d *depot) Refill(ctx context.Context, request *depotv1.RefillRequest) (*depotv1.RefillReply, error) {
	d.mutex.Lock()
	d.asked[request.Id]++
	asked := d.asked[request.Id]
	d.mutex.Unlock()
	if asked <= request.Failures {
		return nil, status.Errorf(codes.Unavailable, "asked %d times", asked)
	}
	headers, _ := metadata.FromIncomingContext(ctx)
	return &depotv1.RefillReply{
		Asked:            asked,
		PreviousAttempts: strings.Join(headers.Get("grpc-previous-rpc-attempts"), ","),
	}, nil
}

func echoHeaders(ctx context.Context) error {
	headers, _ := metadata.FromIncomingContext(ctx)
	back := metadata.MD{}
	for _, key := range []string{"depot-text", "depot-trace-bin"} {
		if values := headers.Get(key); len(values) > 0 {
			back.Set(key, values...)
		}
	}
	return errors.Join(grpc.SetHeader(ctx, back), grpc.SetTrailer(ctx, back))
}

func failure(wanted *depotv1.Failure) error {
	with, err := status.New(codes.Code(wanted.Code), wanted.Message).WithDetails(
		&errdetails.ErrorInfo{Reason: wanted.Reason, Domain: "depot.example", Metadata: map[string]string{"shelf": "7"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: wanted.Field, Description: "is wrong"},
		}})
	if err != nil {
		return err
	}
	return with.Err()
}

func remaining(ctx context.Context) int64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return -1
	}
	return time.Until(deadline).Milliseconds()
}

func pattern(size int) []byte {
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(i % 251)
	}
	return payload
}
