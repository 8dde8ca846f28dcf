// Program zero uses go-zero's own package for discovery in etcd.
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"
)

// zero register <etcd> <key> <host:port>, or zero watch <etcd> <key>.
func main() {
	logx.Disable()
	etcd := []string{os.Args[2]}
	var err error
	if os.Args[1] == "register" {
		err = register(etcd, os.Args[3], os.Args[4])
	} else {
		err = watch(etcd, os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "zero:", err)
		os.Exit(1)
	}
}

// Prints "REGISTERED", and ends when its input does. A line on its input takes the entry out of etcd.
func register(etcd []string, key, address string) error {
	publisher := discov.NewPublisher(etcd, key, address)
	if err := publisher.KeepAlive(); err != nil {
		return err
	}
	fmt.Println("REGISTERED")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		publisher.Stop()
		fmt.Println("REVOKED")
	}
	return lines.Err()
}

// Prints "INSTANCES host:port ..." at first and for each change.
func watch(etcd []string, key string) error {
	changes := make(chan struct{}, 100)
	subscriber, err := discov.NewSubscriber(etcd, key)
	if err != nil {
		return err
	}
	subscriber.AddListener(func() { changes <- struct{}{} })
	changes <- struct{}{}
	for range changes {
		values := subscriber.Values()
		slices.Sort(values)
		fmt.Println("INSTANCES", strings.Join(values, " "))
	}
	return nil
}
