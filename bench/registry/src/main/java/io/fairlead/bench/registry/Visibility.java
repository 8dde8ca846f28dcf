package io.fairlead.bench.registry;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Resolution;
import io.fairlead.registry.etcd.EtcdRegistry;
import java.io.PrintStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * How soon a registration is seen by a client that waits for it, beside the least that etcd itself
 * needs: a lease, a put, and a watch that tells of it. In turn, so that both meet the same machine.
 */
record Visibility(String endpoint, Sizes sizes, PrintStream out) {
  private static final String SERVICE = "visible";

  /** The quotient of the two p99. */
  double run() {
    Percentiles bare = new Percentiles();
    Percentiles registered = new Percentiles();
    ByteSequence prefix = Filler.bytes("bare/");
    BlockingQueue<Long> told = new ArrayBlockingQueue<>(16);
    try (Client client = Client.builder().endpoints(endpoint).build();
        Client watcher = Client.builder().endpoints(endpoint).build();
        EtcdRegistry server = EtcdRegistry.connect(endpoint);
        EtcdRegistry reader = EtcdRegistry.connect(endpoint)) {
      WatchOption option = WatchOption.builder().isPrefix(true).build();
      // Ends with its client.
      Watch.Watcher unused =
          watcher
              .getWatchClient()
              .watch(
                  prefix,
                  option,
                  answer -> answer.getEvents().forEach(event -> told.add(System.nanoTime())));
      Observer observer = new Observer();
      reader.watch(SERVICE, observer);
      observer.await(Resolution.Absent.class::isInstance);
      bare(client, told);
      int warm = sizes.rounds() / 4;
      for (int i = 0; i < warm + sizes.rounds(); i++) {
        long one = bare(client, told);
        long other = registered(server, observer);
        if (i >= warm) {
          bare.add(one);
          registered.add(other);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    double ratio = registered.at(0.99) / bare.at(0.99);
    out.printf("%nfrom the wish to be visible until a waiting client sees it, in turn:%n");
    out.printf("  bare grant + put -> watch event: %s%n", bare);
    out.printf("  register -> snapshot:            %s%n", registered);
    out.printf(
        "  ratio of p50 %.2f, of p99 %.2f (meant to be at most 2)%n",
        registered.at(0.5) / bare.at(0.5), ratio);
    return ratio;
  }

  private static long bare(Client client, BlockingQueue<Long> told) throws InterruptedException {
    long start = System.nanoTime();
    long lease = client.getLeaseClient().grant(15).join().getID();
    client
        .getKVClient()
        .put(
            Filler.bytes("bare/a"),
            Filler.value(1, 1),
            PutOption.builder().withLeaseId(lease).build())
        .join();
    long took = next(told) - start;
    client.getLeaseClient().revoke(lease).join();
    next(told);
    return took;
  }

  private static long next(BlockingQueue<Long> told) throws InterruptedException {
    Long at = told.poll(60, TimeUnit.SECONDS);
    if (at == null) {
      throw new IllegalStateException("etcd's watch told nothing for 60 s");
    }
    return at;
  }

  private static long registered(EtcdRegistry server, Observer observer) {
    long start = System.nanoTime();
    Registration registration = server.register(SERVICE, Endpoint.of("a", "10.0.0.1", 50051));
    long took = observer.await(Observer.size(1)) - start;
    registration.close();
    observer.await(Resolution.Absent.class::isInstance);
    return took;
  }
}
