package io.fairlead.telemetry.prometheus;

import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.management.ManagementServer;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.Telemetry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/**
 * Servers, clients and a registry under load, with a fault of every kind: a server that fails every
 * call, one that is full, calls that are retried, hedged and answered with a fallback.
 */
final class FaultyFleet implements AutoCloseable {
  private static final int CALLERS_OF_EACH = 2;

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<Thread> callers = new ArrayList<>();
  private final AtomicInteger number = new AtomicInteger();
  private final Telemetry telemetry = Telemetry.create();
  private final ManagementServer management;
  private volatile boolean stopped;

  private FaultyFleet() throws Exception {
    EmbeddedEtcd etcd = open(EmbeddedEtcd.start());
    EtcdRegistry registry = open(EtcdRegistry.connect(etcd.endpoint()));
    telemetry.add(
        figures ->
            registry
                .health()
                .gauges()
                .forEach(
                    each -> figures.add(each.name(), each.labels(), each.value(), each.counter())));
    RpcServer first = server(registry, this::reserve);
    RpcServer second = server(registry, this::reserve);
    RpcServer broken =
        server(
            registry,
            request -> {
              throw Status.INTERNAL.withDescription("no shelf").asRuntimeException();
            });
    call(
        RpcChannel.to("etcd:///inventory")
            .registry(registry)
            .policy(
                InventoryRpc.RESERVE.fullName(),
                policy()
                    .retry(
                        RetryPolicy.builder()
                            .attempts(3)
                            .codes(Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED)
                            .backoff(Duration.ofMillis(2))
                            .build())
                    .build())
            .fallback(
                InventoryRpc.RESERVE, (request, failure) -> Reservation.getDefaultInstance()));
    call(
        RpcChannel.to("dns:///127.0.0.1:" + broken.port())
            .policy(
                InventoryRpc.RESERVE.fullName(),
                policy()
                    .failureMode(FailureMode.FAILFAST)
                    .breaker(CircuitBreakerPolicy.builder().minimumSamples(1).build())
                    .build()));
    call(
        RpcChannel.to("etcd:///inventory")
            .registry(registry)
            .policy(
                InventoryRpc.RESERVE.fullName(),
                policy()
                    .hedging(
                        HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(1)).build())
                    .build()));
    // Nobody reports a load here: its updates fall back to round robin. A target of its own, as its
    // calls have one attempt each, and would hide how many the others make.
    call(
        RpcChannel.to(
                "static:///inventory?endpoint=127.0.0.1:%d&endpoint=127.0.0.1:%d"
                    .formatted(first.port(), second.port()))
            .policy(
                InventoryRpc.RESERVE.fullName(),
                policy().balancer("weighted_round_robin").build()));
    whatNoFleetDoesOnDemand();
    management =
        open(
            ManagementServer.builder()
                .port(0)
                .handler("/metrics", new PrometheusHandler(telemetry))
                .start());
  }

  static FaultyFleet start() throws Exception {
    return new FaultyFleet();
  }

  int managementPort() {
    return management.port();
  }

  private static MethodPolicy.Builder policy() {
    return MethodPolicy.builder()
        .deadline(Duration.ofSeconds(30))
        .balancer("round_robin")
        .endpointBreaker(CircuitBreakerPolicy.off());
  }

  private RpcServer server(EtcdRegistry registry, Handler reserve) {
    RpcServer server =
        open(
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .port(0)
                .allowLoopback()
                .registry(registry)
                .limits(
                    limits -> limits.maxConcurrentCalls(1).queueLimit(1, Duration.ofMillis(200)))
                .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
                .readiness("shelves", () -> true)
                .service(
                    InventoryRpc.bind(
                        new Inventory() {
                          @Override
                          public Reservation reserve(ReserveRequest request) {
                            return reserve.answer(request);
                          }
                        }))
                .observer(telemetry)
                .start());
    telemetry.watch(server);
    return server;
  }

  private interface Handler {
    Reservation answer(ReserveRequest request);
  }

  /** Takes a while, so that others have to wait, and is not there for every fifth call. */
  private Reservation reserve(ReserveRequest request) {
    sleep(5);
    if (number.incrementAndGet() % 5 == 0) {
      throw Status.UNAVAILABLE.asRuntimeException();
    }
    return Reservation.newBuilder().setSku(request.getSku()).build();
  }

  private void call(RpcChannel.Builder builder) {
    RpcChannel channel = open(builder.service(InventoryRpc.service()).observer(telemetry).build());
    telemetry.watch(channel);
    Inventory inventory = InventoryRpc.client(channel);
    for (int i = 0; i < CALLERS_OF_EACH; i++) {
      Thread caller =
          new Thread(
              () -> {
                while (!stopped) {
                  try {
                    inventory.reserve(ReserveRequest.newBuilder().setSku("a").build());
                  } catch (StatusRuntimeException e) {
                    sleep(1);
                  }
                  sleep(1);
                }
              },
              "caller");
      callers.add(caller);
      caller.start();
    }
  }

  /**
   * A request that never left is sent again; on loopback no request is lost at the right time. And
   * an outlier is not ejected, as too many others are.
   */
  private void whatNoFleetDoesOnDemand() {
    telemetry.outlierFound("etcd:///inventory", "127.0.0.1:1", "success_rate", false);
    AttemptOutcome first =
        AttemptOutcome.builder(1, AttemptOutcome.Kind.FIRST)
            .status(Code.UNAVAILABLE, "", StatusOrigin.LOCAL)
            .build();
    AttemptOutcome second =
        AttemptOutcome.builder(2, AttemptOutcome.Kind.RESEND)
            .times(Duration.ofMillis(3), Duration.ZERO, Duration.ofMillis(1))
            .build();
    telemetry.callEnded(
        CallOutcome.builder(
                InventoryRpc.RESERVE.fullName(), "etcd:///inventory", ResolvedPolicy.of(List.of()))
            .totalTime(Duration.ofMillis(4))
            .attempts(List.of(first, second))
            .build());
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <T extends AutoCloseable> T open(T made) {
    opened.add(made);
    return made;
  }

  @Override
  public void close() {
    stopped = true;
    callers.forEach(FaultyFleet::await);
    Collections.reverse(opened);
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(each + " does not close", e);
      }
    }
  }

  private static void await(Thread caller) {
    boolean interrupted = false;
    while (caller.isAlive()) {
      try {
        caller.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
