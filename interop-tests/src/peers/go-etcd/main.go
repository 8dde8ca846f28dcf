// Program etcd uses the package naming of etcd's own client.
package main

import (
	"context"
	"time"

	"fairlead.io/interop/registry"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	grpcresolver "google.golang.org/grpc/resolver"
)

func main() {
	registry.Main(registry.Programs{Entry: newEntry, Finder: newFinder})
}

func connect(etcd string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: []string{etcd}, DialTimeout: 30 * time.Second})
}

func newFinder(etcd string) (grpcresolver.Builder, error) {
	client, err := connect(etcd)
	if err != nil {
		return nil, err
	}
	return resolver.NewBuilder(client)
}

// Hangs on a lease that lives as long as this process.
type entry struct {
	client       *clientv3.Client
	manager      endpoints.Manager
	key, address string
	lease        clientv3.LeaseID
}

func newEntry(etcd, service, id, address string) (registry.Entry, error) {
	client, err := connect(etcd)
	if err != nil {
		return nil, err
	}
	manager, err := endpoints.NewManager(client, service)
	if err != nil {
		return nil, err
	}
	return &entry{client: client, manager: manager, key: service + "/" + id, address: address}, nil
}

func (e *entry) Enter(ctx context.Context) error {
	if e.lease == clientv3.NoLease {
		if err := e.grant(ctx); err != nil {
			return err
		}
	}
	return e.manager.AddEndpoint(ctx, e.key, endpoints.Endpoint{Addr: e.address}, clientv3.WithLease(e.lease))
}

func (e *entry) grant(ctx context.Context) error {
	granted, err := e.client.Grant(ctx, registry.TimeToLive)
	if err != nil {
		return err
	}
	renewals, err := e.client.KeepAlive(context.Background(), granted.ID)
	if err != nil {
		return err
	}
	go func() {
		for range renewals {
		}
	}()
	e.lease = granted.ID
	return nil
}

func (e *entry) Leave(ctx context.Context) error {
	return e.manager.DeleteEndpoint(ctx, e.key)
}
