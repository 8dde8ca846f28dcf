// Program zero uses go-zero's own package for discovery in etcd.
package main

import (
	"context"

	"fairlead.io/interop/registry"
	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"
	"google.golang.org/grpc/resolver"
)

func main() {
	logx.Disable()
	discov.TimeToLive = registry.TimeToLive
	registry.Main(registry.Programs{
		Entry: func(etcd, service, _, address string) (registry.Entry, error) {
			return &entry{etcd: etcd, service: service, address: address}, nil
		},
		Finder: func(etcd string) (resolver.Builder, error) { return finder{etcd}, nil },
	})
}

// A publisher comes once and goes once.
type entry struct {
	etcd, service, address string
	publisher              *discov.Publisher
}

func (e *entry) Enter(context.Context) error {
	e.publisher = discov.NewPublisher([]string{e.etcd}, e.service, e.address)
	return e.publisher.KeepAlive()
}

func (e *entry) Leave(context.Context) error {
	e.publisher.Stop()
	return nil
}

// What go-zero's package for gRPC does with a subscriber; that package itself wants all of Kubernetes' client.
type finder struct{ etcd string }

func (f finder) Scheme() string { return "discov" }

func (f finder) Build(
	target resolver.Target, channel resolver.ClientConn, _ resolver.BuildOptions,
) (resolver.Resolver, error) {
	subscriber, err := discov.NewSubscriber([]string{f.etcd}, target.Endpoint())
	if err != nil {
		return nil, err
	}
	update := func() {
		var state resolver.State
		for _, address := range subscriber.Values() {
			state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
		}
		// It fails if nobody is there yet; the next change mends that.
		_ = channel.UpdateState(state)
	}
	subscriber.AddListener(update)
	update()
	return found{subscriber}, nil
}

type found struct{ subscriber *discov.Subscriber }

func (found) ResolveNow(resolver.ResolveNowOptions) {}

func (f found) Close() { f.subscriber.Close() }
