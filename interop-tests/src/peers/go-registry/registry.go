// Package registry is what the programs of all registries of others have in common.
package registry

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
)

const ceiling = time.Minute

// Seconds that an entry outlives a process that dies.
const TimeToLive = 2

// Entry is what one process has in a registry.
type Entry interface {
	// Enter puts it in, and keeps it there.
	Enter(context.Context) error
	// Leave takes it out.
	Leave(context.Context) error
}

// Programs are the two of one registry.
type Programs struct {
	Entry func(etcd, service, id, address string) (Entry, error)
	// Finder finds a service by a target of its own scheme, followed by ":///" and the service.
	Finder func(etcd string) (resolver.Builder, error)
}

// Main is "enter <etcd> <service> <id> <host:port>" or "find <etcd> <service>".
func Main(programs Programs) {
	if err := run(programs, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, strings.Join(os.Args, " ")+":", err)
		os.Exit(1)
	}
}

func run(programs Programs, args []string) error {
	switch {
	case len(args) == 5 && args[0] == "enter":
		entry, err := programs.Entry(args[1], args[2], args[3], args[4])
		if err != nil {
			return err
		}
		return comeAndGo(entry)
	case len(args) == 3 && args[0] == "find":
		finder, err := programs.Finder(args[1])
		if err != nil {
			return err
		}
		return answer(finder, args[2])
	default:
		return fmt.Errorf("say enter <etcd> <service> <id> <host:port>, or find <etcd> <service>")
	}
}

// Does what each line of the input says, "enter" or "leave", and says when it is done: "ENTERED", "LEFT". Ends with
// the input.
func comeAndGo(entry Entry) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		ctx, cancel := context.WithTimeout(context.Background(), ceiling)
		step, done := entry.Enter, "ENTERED"
		if lines.Text() == "leave" {
			step, done = entry.Leave, "LEFT"
		}
		err := step(ctx)
		cancel()
		if err != nil {
			return err
		}
		fmt.Println(done)
	}
	return lines.Err()
}

// For each line "n" of the input it makes n calls, and prints how many each address answered:
// "CALLS host:port=3 host:port=3", or "ERROR why".
func answer(finder resolver.Builder, service string) error {
	channel, err := grpc.Dial(finder.Scheme()+":///"+service,
		grpc.WithResolvers(finder),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`))
	if err != nil {
		return err
	}
	defer channel.Close()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		count, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		fmt.Println(calls(grpc_health_v1.NewHealthClient(channel), count))
	}
	return lines.Err()
}

// Asks for health, which each server has; the connection says whose answer it was.
func calls(stub grpc_health_v1.HealthClient, count int) string {
	ctx, cancel := context.WithTimeout(context.Background(), ceiling)
	defer cancel()
	answered := map[string]int{}
	for range count {
		var server peer.Peer
		_, err := stub.Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true), grpc.Peer(&server))
		if err != nil {
			return "ERROR " + strings.ReplaceAll(err.Error(), "\n", " | ")
		}
		answered[server.Addr.String()]++
	}
	words := []string{"CALLS"}
	for address, times := range answered {
		words = append(words, fmt.Sprintf("%s=%d", address, times))
	}
	return strings.Join(words, " ")
}
