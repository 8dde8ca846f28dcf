// Program kitex uses Kitex's own registry package for etcd, and the list of addresses that a Kitex client keeps.
package main

import (
	"context"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"fairlead.io/interop/registry"
	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/pkg/loadbalance"
	"github.com/cloudwego/kitex/pkg/loadbalance/lbcache"
	kitexregistry "github.com/cloudwego/kitex/pkg/registry"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	etcdregistry "github.com/kitex-contrib/registry-etcd"
	"google.golang.org/grpc/resolver"
)

// Kitex watches nothing: it reads the list anew. By itself it does so each five seconds.
const refresh = 100 * time.Millisecond

func main() {
	klog.SetOutput(io.Discard)
	// The package takes it from here alone.
	os.Setenv("KITEX_ETCD_REGISTRY_LEASE_TTL", strconv.Itoa(registry.TimeToLive))
	registry.Main(registry.Programs{Entry: newEntry, Finder: newFinder})
}

type entry struct {
	registry kitexregistry.Registry
	info     *kitexregistry.Info
}

func newEntry(etcd, service, id, address string) (registry.Entry, error) {
	registry, err := etcdregistry.NewEtcdRegistry([]string{etcd})
	if err != nil {
		return nil, err
	}
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	info := &kitexregistry.Info{ServiceName: service, Addr: addr, Tags: map[string]string{"name": id}}
	return entry{registry, info}, nil
}

func (e entry) Enter(context.Context) error { return e.registry.Register(e.info) }

func (e entry) Leave(context.Context) error { return e.registry.Deregister(e.info) }

type finder struct{ lists *lbcache.BalancerFactory }

func newFinder(etcd string) (resolver.Builder, error) {
	found, err := etcdregistry.NewEtcdResolver([]string{etcd})
	if err != nil {
		return nil, err
	}
	options := lbcache.Options{RefreshInterval: refresh, ExpireInterval: time.Hour}
	return finder{lbcache.NewBalancerFactory(found, loadbalance.NewWeightedBalancer(), options)}, nil
}

func (finder) Scheme() string { return "kitex" }

// Hands Kitex's list on to grpc-go, which makes the calls.
func (f finder) Build(
	target resolver.Target, channel resolver.ClientConn, _ resolver.BuildOptions,
) (resolver.Resolver, error) {
	service := rpcinfo.NewEndpointInfo(target.Endpoint(), "", nil, nil)
	list, err := f.lists.Get(context.Background(), service)
	if err != nil {
		return nil, err
	}
	closed := make(chan struct{})
	go follow(list, channel, closed)
	return found{closed}, nil
}

func follow(list *lbcache.Balancer, channel resolver.ClientConn, closed <-chan struct{}) {
	ticks := time.NewTicker(refresh)
	defer ticks.Stop()
	for told := (discovery.Result{}); ; {
		now, _ := list.GetResult()
		if _, changed := discovery.DefaultDiff(now.CacheKey, told, now); changed {
			var state resolver.State
			for _, instance := range now.Instances {
				state.Addresses = append(state.Addresses, resolver.Address{Addr: instance.Address().String()})
			}
			// It fails if the channel is closing.
			_ = channel.UpdateState(state)
			told = now
		}
		select {
		case <-ticks.C:
		case <-closed:
			return
		}
	}
}

type found struct{ closed chan struct{} }

func (found) ResolveNow(resolver.ResolveNowOptions) {}

func (f found) Close() { close(f.closed) }
