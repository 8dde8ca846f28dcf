// Program kratos uses go-kratos's own registry package for etcd.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	etcdregistry "github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	"github.com/go-kratos/kratos/v2/registry"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// kratos register <etcd> <name> <id> <host:port>, or kratos watch <etcd> <name>.
func main() {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{os.Args[2]}})
	if err == nil {
		registry := etcdregistry.New(client)
		if os.Args[1] == "register" {
			err = register(registry, os.Args[3], os.Args[4], os.Args[5])
		} else {
			err = watch(registry, os.Args[3])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kratos:", err)
		os.Exit(1)
	}
}

// Prints "REGISTERED", and ends when its input does. A line on its input takes the entry out of etcd.
func register(r *etcdregistry.Registry, name, id, address string) error {
	ctx := context.Background()
	instance := &registry.ServiceInstance{
		ID: id, Name: name, Version: "v1", Endpoints: []string{"grpc://" + address + "?isSecure=false"},
	}
	if err := r.Register(ctx, instance); err != nil {
		return err
	}
	fmt.Println("REGISTERED")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := r.Deregister(ctx, instance); err != nil {
			return err
		}
		fmt.Println("REVOKED")
	}
	return lines.Err()
}

// Prints "INSTANCES id@endpoint ..." for each change.
func watch(r *etcdregistry.Registry, name string) error {
	watcher, err := r.Watch(context.Background(), name)
	if err != nil {
		return err
	}
	for {
		instances, err := watcher.Next()
		if err != nil {
			return err
		}
		var words []string
		for _, each := range instances {
			words = append(words, each.ID+"@"+strings.Join(each.Endpoints, "+"))
		}
		slices.Sort(words)
		fmt.Println("INSTANCES", strings.Join(words, " "))
	}
}
