// Program kratos uses go-kratos's own registry package for etcd, and its resolver for gRPC.
package main

import (
	"context"
	"time"

	"fairlead.io/interop/registry"
	etcdregistry "github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	kratosregistry "github.com/go-kratos/kratos/v2/registry"
	"github.com/go-kratos/kratos/v2/transport/grpc/resolver/discovery"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/resolver"
)

func main() {
	registry.Main(registry.Programs{Entry: newEntry, Finder: newFinder})
}

func connect(etcd string) (*etcdregistry.Registry, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd}, DialTimeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	return etcdregistry.New(client, etcdregistry.RegisterTTL(registry.TimeToLive*time.Second)), nil
}

func newFinder(etcd string) (resolver.Builder, error) {
	kratos, err := connect(etcd)
	if err != nil {
		return nil, err
	}
	return discovery.NewBuilder(kratos, discovery.WithInsecure(true), discovery.PrintDebugLog(false)), nil
}

type entry struct {
	registry *etcdregistry.Registry
	instance *kratosregistry.ServiceInstance
}

func newEntry(etcd, service, id, address string) (registry.Entry, error) {
	kratos, err := connect(etcd)
	if err != nil {
		return nil, err
	}
	instance := &kratosregistry.ServiceInstance{
		ID: id, Name: service, Version: "v1", Endpoints: []string{"grpc://" + address + "?isSecure=false"},
	}
	return entry{kratos, instance}, nil
}

func (e entry) Enter(ctx context.Context) error { return e.registry.Register(ctx, e.instance) }

func (e entry) Leave(ctx context.Context) error { return e.registry.Deregister(ctx, e.instance) }
