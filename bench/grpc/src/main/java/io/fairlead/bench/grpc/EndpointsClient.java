package io.fairlead.bench.grpc;

import io.fairlead.CallSettings;
import io.fairlead.balance.EndpointView;
import io.fairlead.bench.Payloads;
import io.fairlead.bench.Usage;
import io.fairlead.bench.v1.EchoAsync;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.client.internal.LoopPauses;
import io.fairlead.discovery.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What many endpoints in one channel cost, in a process of its own; {@code bench/endpoints/run}
 * starts it. All endpoints are one server, which listens on every address of the loopback network.
 */
final class EndpointsClient {
  private static final int WARM_ENDPOINTS = 20;
  private static final int IN_FLIGHT = 32;
  private static final long LOAD_NANOS = 3_000_000_000L;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final ListRegistry registry = new ListRegistry();
  private final LoopPauses pauses = new LoopPauses();
  private final int port;

  private EndpointsClient(int port) {
    this.port = port;
  }

  /** {@code EndpointsClient PORT ENDPOINTS CHANGES}. */
  public static void main(String[] args) throws Exception {
    EndpointsClient client = new EndpointsClient(Integer.parseInt(args[0]));
    int changes = Integer.parseInt(args[2]);
    // Classes are loaded and compiled by a small channel; its figures are not taken.
    client.measure(WARM_ENDPOINTS, 10 * changes);
    System.out.println("@" + client.measure(Integer.parseInt(args[1]), changes));
    System.exit(0);
  }

  private String measure(int count, int changes) throws InterruptedException {
    List<Endpoint> endpoints = endpoints(count);
    long heapBefore = heap();
    registry.publish(endpoints);
    pauses.takeLongest();
    long begun = System.nanoTime();
    Usage before = Usage.now();
    try (RpcChannel channel = RpcChannel.to("list:///echo").registry(registry).build()) {
      // Not within the contract's deadline: how long it takes is what is asked.
      CallSettings patient = CallSettings.builder().deadline(LIMIT).build();
      EchoRpc.client(channel.with(patient)).unary(Payloads.SMALL);
      long first = System.nanoTime() - begun;
      awaitReady(channel, count);
      long all = System.nanoTime() - begun;
      Usage connecting = Usage.now().since(before);
      LoopPauses.Pause whileConnecting = pauses.takeLongest();
      long heap = heap() - heapBefore;
      pauses.takeLongest();

      Usage weights = reweigh(channel, endpoints, changes);
      Usage comings = leaveAndReturn(channel, endpoints, changes);
      LoopPauses.Pause whileChanging = pauses.takeLongest();

      Load load = new Load(EchoRpc.asyncClient(channel));
      load.run(); // the picker and the layers are compiled anew for this size
      before = Usage.now();
      long calls = load.run();
      Usage calling = Usage.now().since(before);
      LoopPauses.Pause whileCalling = pauses.takeLongest();
      return String.format(
          Locale.ROOT,
          "first=%d all=%d connect_cpu=%d heap=%d connect_pause=%d connect_busy=%d weight_cpu=%d"
              + " weight_bytes=%d return_cpu=%d change_pause=%d change_busy=%d rate=%d call_cpu=%d"
              + " call_pause=%d call_busy=%d",
          first / 1000,
          all / 1000,
          connecting.cpuNanos() / 1000 / count,
          heap / count,
          whileConnecting.nanos() / 1000,
          whileConnecting.busyNanos() / 1000,
          weights.cpuNanos() / 1000 / changes,
          weights.allocatedBytes() / changes,
          comings.cpuNanos() / 1000 / changes,
          whileChanging.nanos() / 1000,
          whileChanging.busyNanos() / 1000,
          calls * 1_000_000_000 / LOAD_NANOS,
          calling.cpuNanos() / calls,
          whileCalling.nanos() / 1000,
          whileCalling.busyNanos() / 1000);
    }
  }

  /** Each has an address of its own: 127.0.0.1, 127.0.0.2, … */
  private List<Endpoint> endpoints(int count) {
    List<Endpoint> endpoints = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int host = 1 + i % 250;
      endpoints.add(
          Endpoint.of("e%05d".formatted(i), "127.0.%d.%d".formatted(i / 250, host), port));
    }
    return endpoints;
  }

  /** One endpoint after the other gets another weight; its connection stays. */
  private Usage reweigh(RpcChannel channel, List<Endpoint> endpoints, int changes)
      throws InterruptedException {
    List<Endpoint> now = new ArrayList<>(endpoints);
    Usage before = Usage.now();
    for (int i = 0; i < changes; i++) {
      int which = i % now.size();
      now.set(which, now.get(which).withWeight(50 + i % 2 + which % 7));
      registry.publish(now);
    }
    awaitReady(channel, endpoints.size());
    return Usage.now().since(before);
  }

  /** One endpoint after the other leaves the list; it returns with a new connection. */
  private Usage leaveAndReturn(RpcChannel channel, List<Endpoint> endpoints, int changes)
      throws InterruptedException {
    Usage before = Usage.now();
    for (int i = 0; i < changes; i++) {
      List<Endpoint> fewer = new ArrayList<>(endpoints);
      fewer.remove(i % endpoints.size());
      registry.publish(fewer);
      registry.publish(endpoints);
    }
    awaitReady(channel, endpoints.size());
    return Usage.now().since(before);
  }

  private static void awaitReady(RpcChannel channel, int count) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    // Sparse looks: each goes through all endpoints, and its processor time is measured too.
    for (long wait = 1; ready(channel) < count; wait = Math.min(20, wait + 1)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            ready(channel) + " of " + count + " endpoints are connected after " + LIMIT);
      }
      Thread.sleep(wait);
    }
  }

  private static int ready(RpcChannel channel) {
    int ready = 0;
    for (EndpointView view : channel.endpoints()) {
      ready += view.isReady() ? 1 : 0;
    }
    return ready;
  }

  private static long heap() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Asynchronous calls, each started where the last one ended. */
  private static final class Load {
    private final EchoAsync echo;
    private final LongAdder calls = new LongAdder();
    private volatile long endNanos;
    private volatile CountDownLatch ended = new CountDownLatch(0);
    private volatile @Nullable Throwable failure;

    Load(EchoAsync echo) {
      this.echo = echo;
    }

    long run() throws InterruptedException {
      calls.reset();
      endNanos = System.nanoTime() + LOAD_NANOS;
      ended = new CountDownLatch(IN_FLIGHT);
      for (int i = 0; i < IN_FLIGHT; i++) {
        next();
      }
      ended.await();
      if (failure != null) {
        throw new IllegalStateException("a call failed", failure);
      }
      return calls.sum();
    }

    private void next() {
      echo.unary(Payloads.SMALL)
          .whenComplete(
              (answer, why) -> {
                calls.increment();
                if (why != null) {
                  failure = why;
                }
                if (why == null && System.nanoTime() < endNanos) {
                  next();
                } else {
                  ended.countDown();
                }
              });
    }
  }
}
