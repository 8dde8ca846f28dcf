// Program traced makes one call of the contract depot.v1 as a team would that has gRPC and OpenTelemetry for Go, with
// the stock instrumentation. It prints the id of its trace.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"fairlead.io/interop/traced/gen/depotv1"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const limit = time.Minute

func main() {
	target := flag.String("target", "", "the server, host:port")
	next := flag.String("next", "", "where it forwards to, host:port")
	collector := flag.String("collector", "", "where spans go, host:port")
	flag.Parse()
	if err := run(*target, *next, *collector); err != nil {
		fmt.Fprintln(os.Stderr, "traced:", err)
		os.Exit(1)
	}
}

func run(target, next, collector string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(collector), otlptracegrpc.WithInsecure())
	if err != nil {
		return err
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	stats := otelgrpc.NewClientHandler(
		otelgrpc.WithTracerProvider(provider),
		otelgrpc.WithPropagators(propagation.TraceContext{}))
	channel, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(stats))
	if err != nil {
		return err
	}
	defer channel.Close()

	work, span := provider.Tracer("traced").Start(ctx, "work in Go")
	reply, err := depotv1.NewDepotClient(channel).Forward(work, &depotv1.ForwardRequest{Targets: []string{next}})
	span.End()
	if err != nil {
		return err
	}
	for _, leg := range reply.Legs {
		fmt.Println("LEG", leg.Server)
	}
	fmt.Println("TRACE", span.SpanContext().TraceID())
	return provider.Shutdown(ctx)
}
