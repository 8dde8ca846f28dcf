// Asks an external scaler what KEDA asks, with KEDA's own client: main HOST:PORT SERVICE METRIC.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// As KEDA connects.
const serviceConfig = `{"loadBalancingConfig": [{"round_robin":{}}]}`

func main() {
	address, service, metric := os.Args[1], os.Args[2], os.Args[3]
	conn, err := grpc.NewClient(address,
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client := pb.NewExternalScalerClient(conn)
	ref := &pb.ScaledObjectRef{
		Name:           "inventory",
		Namespace:      "shop",
		ScalerMetadata: map[string]string{"scalerAddress": address, "service": service, "metric": metric},
	}
	spec, err := client.GetMetricSpec(ctx, ref)
	if err != nil {
		fail("GetMetricSpec", err)
		return
	}
	for _, each := range spec.MetricSpecs {
		fmt.Printf("spec %s target %d %g\n", each.MetricName, each.TargetSize, each.TargetSizeFloat)
		values, err := client.GetMetrics(ctx, &pb.GetMetricsRequest{ScaledObjectRef: ref, MetricName: each.MetricName})
		if err != nil {
			fail("GetMetrics", err)
			continue
		}
		for _, value := range values.MetricValues {
			fmt.Printf("value %s %d %g\n", value.MetricName, value.MetricValue, value.MetricValueFloat)
		}
	}
	active, err := client.IsActive(ctx, ref)
	if err != nil {
		fail("IsActive", err)
	} else {
		fmt.Printf("active %t\n", active.Result)
	}
	stream, err := client.StreamIsActive(ctx, ref)
	if err != nil {
		fail("StreamIsActive", err)
		return
	}
	first, err := stream.Recv()
	if err != nil {
		fail("StreamIsActive", err)
		return
	}
	fmt.Printf("pushed %t\n", first.Result)
}

func fail(call string, err error) {
	fmt.Printf("%s failed: %s: %s\n", call, status.Code(err), status.Convert(err).Message())
}
