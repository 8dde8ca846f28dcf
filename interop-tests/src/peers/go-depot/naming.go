package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"fairlead.io/interop/depot/gen/depotv1"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	"google.golang.org/grpc"
)

// Finds a service with etcd's own resolver. For each line "n" on its input it makes n calls, and prints how many
// each instance answered: "CALLS a=3 b=3", or "ERROR why".
func resolve(args []string) error {
	flags := flag.NewFlagSet("resolve", flag.ExitOnError)
	etcd := flags.String("etcd", "", "host:port")
	service := flags.String("service", "", "the name to find")
	_ = flags.Parse(args)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*etcd}, DialTimeout: 30 * time.Second})
	if err != nil {
		return err
	}
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return err
	}
	channel, err := dial("etcd:///"+*service,
		grpc.WithResolvers(builder),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`))
	if err != nil {
		return err
	}
	defer channel.Close()
	return answerLines(depotv1.NewDepotClient(channel))
}

func answerLines(stub depotv1.DepotClient) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		count, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		fmt.Println(calls(stub, count))
	}
	return lines.Err()
}

func calls(stub depotv1.DepotClient, count int) string {
	ctx, cancel := context.WithTimeout(context.Background(), ceiling)
	defer cancel()
	answered := map[string]int{}
	for range count {
		reply, err := stub.Store(ctx, &depotv1.StoreRequest{}, grpc.WaitForReady(true))
		if err != nil {
			return "ERROR " + strings.ReplaceAll(err.Error(), "\n", " | ")
		}
		answered[reply.Server]++
	}
	words := []string{"CALLS"}
	for name, times := range answered {
		words = append(words, fmt.Sprintf("%s=%d", name, times))
	}
	return strings.Join(words, " ")
}
