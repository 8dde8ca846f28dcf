package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.ManualClock;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.services.MetricReport;
import io.grpc.stub.ClientCalls;
import io.grpc.xds.orca.OrcaPerRequestUtil;
import io.grpc.xds.shaded.com.github.xds.data.orca.v3.OrcaLoadReport;
import io.grpc.xds.shaded.com.github.xds.service.orca.v3.OpenRcaServiceGrpc;
import io.grpc.xds.shaded.com.github.xds.service.orca.v3.OrcaLoadReportRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** What a server says of its load, and who understands it. */
@Timeout(60)
class LoadReportsTest {
  private static final String RESERVE = "shop.v1.Inventory/Reserve";
  private final ManualClock clock = ManualClock.create();
  private final LoadReporter reporter =
      LoadReporter.builder()
          .maxCalls(10)
          .minInterval(Duration.ofMillis(10))
          .metric("queue.length", () -> 7)
          .cpu(() -> 0.25)
          .ticker(clock::nanoTime)
          .build();
  private final Inventory handler =
      new Inventory() {
        @Override
        public Reservation reserve(ReserveRequest request) {
          return Reservation.getDefaultInstance();
        }
      };

  private void ended(Code code, ServerCallOutcome.Ending ending, long waitMillis) {
    reporter.callEnded(
        ServerCallOutcome.builder(RESERVE)
            .status(code, "")
            .ending(ending)
            .queueTime(Duration.ofMillis(waitMillis))
            .build());
  }

  @Test
  void aReportTellsOfferedAndServedApart() {
    for (int i = 0; i < 30; i++) {
      reporter.callStarted(RESERVE);
    }
    for (int i = 0; i < 12; i++) {
      ended(Code.OK, ServerCallOutcome.Ending.OK, 3);
    }
    for (int i = 0; i < 4; i++) {
      ended(Code.UNAVAILABLE, ServerCallOutcome.Ending.HANDLER_FAILED, 0);
    }
    for (int i = 0; i < 10; i++) {
      ended(Code.RESOURCE_EXHAUSTED, ServerCallOutcome.Ending.REJECTED_BY_ADMISSION, 40);
    }
    clock.advance(Duration.ofSeconds(2));
    var report = reporter.report();
    assertThat(report.getRpsFractional()).isEqualTo(8);
    assertThat(report.getEps()).isEqualTo(2);
    assertThat(report.getNamedMetricsMap())
        .containsEntry("fairlead.offered_per_s", 15.0)
        .containsEntry("fairlead.refused_per_s", 5.0)
        .containsEntry("fairlead.in_flight", 4.0)
        .containsEntry("fairlead.queue_wait_ms_max", 40.0)
        .containsEntry("queue.length", 7.0);
    assertThat(report.getApplicationUtilization()).isEqualTo(0.4);
    assertThat(report.getCpuUtilization()).isEqualTo(0.25);
    clock.advance(Duration.ofSeconds(1));
    assertThat(reporter.report().getNamedMetricsOrThrow("fairlead.offered_per_s")).isZero();
    assertThat(reporter.report().getNamedMetricsOrThrow("fairlead.queue_wait_ms_max")).isZero();
  }

  @Test
  void callsForTheReportAreNoLoad() {
    reporter.callStarted("xds.service.orca.v3.OpenRcaService/StreamCoreMetrics");
    reporter.callStarted("fairlead.admin.v1.Admin/GetState");
    clock.advance(Duration.ofSeconds(1));
    assertThat(reporter.report().getNamedMetricsOrThrow("fairlead.in_flight")).isZero();
  }

  @Test
  void howeverManyAskAReportIsMadeOnceASecond() {
    clock.advance(Duration.ofSeconds(1));
    var first = reporter.report();
    clock.advance(Duration.ofMillis(999));
    assertThat(reporter.report()).isSameAs(first);
    clock.advance(Duration.ofMillis(1));
    assertThat(reporter.report()).isNotSameAs(first);
  }

  @Test
  void callsThatWarmAServerUpAreNoLoad() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        RpcServer server =
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .service(InventoryRpc.bind(handler))
                .service(reporter)
                .observer(reporter)
                .registry(registry)
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
                .warmUp(
                    port -> {
                      for (int i = 0; i < 50; i++) {
                        reporter.callStarted(RESERVE);
                        ended(Code.OK, ServerCallOutcome.Ending.OK, 900);
                      }
                      clock.advance(Duration.ofSeconds(1));
                    })
                .start()) {
      reporter.callStarted(RESERVE);
      clock.advance(Duration.ofSeconds(1));
      assertThat(reporter.report().getNamedMetricsOrThrow("fairlead.offered_per_s")).isOne();
      assertThat(reporter.report().getRpsFractional()).isZero();
      assertThat(reporter.report().getNamedMetricsOrThrow("fairlead.queue_wait_ms_max")).isZero();
      assertThat(server.port()).isPositive();
    }
  }

  @Test
  void namesThatAreOursAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LoadReporter.builder().metric("fairlead.load", () -> 1))
        .withMessageContaining("begins with fairlead., which is for our own");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LoadReporter.builder().maxCalls(0))
        .withMessage("maxCalls 0 is too small; use at least 1");
  }

  private RpcServer server(InMemoryRegistry registry, String id, LoadReporter reports) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .id(id)
        .service(InventoryRpc.bind(handler))
        .service(reports)
        .observer(reports)
        .intercept(reports.trailers())
        .registry(registry)
        .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
        .start();
  }

  @Test
  void stockClientsReadTheReportsOfAStream() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        RpcServer server = server(registry, "a", reporter)) {
      clock.advance(Duration.ofSeconds(1));
      ManagedChannel channel =
          ManagedChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      try {
        OrcaLoadReport report =
            OpenRcaServiceGrpc.newBlockingStub(channel)
                .streamCoreMetrics(OrcaLoadReportRequest.getDefaultInstance())
                .next();
        assertThat(report.getCpuUtilization()).isEqualTo(0.25);
        assertThat(report.getNamedMetricsMap()).containsEntry("queue.length", 7.0);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void stockClientsReadTheReportOfACall() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        RpcServer server = server(registry, "a", reporter)) {
      clock.advance(Duration.ofSeconds(1));
      CompletableFuture<MetricReport> reported = new CompletableFuture<>();
      ClientStreamTracer.Factory reader =
          OrcaPerRequestUtil.getInstance().newOrcaClientStreamTracerFactory(reported::complete);
      ManagedChannel channel =
          ManagedChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      try {
        Reservation unused =
            ClientCalls.blockingUnaryCall(
                channel,
                InventoryRpc.RESERVE.descriptor(),
                CallOptions.DEFAULT.withStreamTracerFactory(reader),
                ReserveRequest.getDefaultInstance());
        assertThat(reported.join().getCpuUtilization()).isEqualTo(0.25);
        // This very call is the one in flight, of ten.
        assertThat(reported.join().getApplicationUtilization()).isEqualTo(0.1);
        assertThat(reported.join().getNamedMetrics()).containsEntry("queue.length", 7.0);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void theLoadOfAServiceIsThatOfAllItsInstances() throws Exception {
    LoadReporter second =
        LoadReporter.builder()
            .minInterval(Duration.ofMillis(10))
            .cpu(() -> 0.75)
            .ticker(clock::nanoTime)
            .build();
    try (InMemoryRegistry registry = new InMemoryRegistry();
        RpcServer a = server(registry, "a", reporter);
        RpcServer b = server(registry, "b", second);
        ServiceLoadView view =
            ServiceLoadView.builder()
                .interval(Duration.ofMillis(500))
                .pending(() -> 1)
                .open(registry, "inventory")) {
      for (int i = 0; i < 20; i++) {
        reporter.callStarted(RESERVE);
        second.callStarted(RESERVE);
      }
      clock.advance(Duration.ofSeconds(2));
      ServiceLoad load = view.read();
      while (load.sample().reporting() < 2 || load.sample().offered().orElse(0) < 20) {
        Thread.sleep(5);
        load = view.read();
      }
      assertThat(load.sample().offered()).hasValue(20);
      assertThat(load.sample().utilization()).hasValue(0.5);
      assertThat(load.sample().ready()).isEqualTo(2);
      assertThat(load.sample().pending()).isEqualTo(1);
      assertThat(load.endpoints()).extracting(EndpointLoad::id).containsExactly("a", "b");
      assertThat(load.endpoints().get(0).address()).isEqualTo("127.0.0.1:" + a.port());
      b.drain("less load").toCompletableFuture().join();
      while (view.read().sample().ready() == 2) {
        Thread.sleep(5);
      }
      assertThat(view.read().endpoints().get(1).state()).isEqualTo("draining");
    }
  }

  @Test
  void aServiceWithoutInstancesHasNoLoadOf0() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        ServiceLoadView view = ServiceLoadView.builder().open(registry, "inventory")) {
      while (view.read().sample().unknownReason().startsWith("the registry")) {
        Thread.sleep(5);
      }
      LoadSample sample = view.read().sample();
      assertThat(sample.offered()).isEmpty();
      assertThat(sample.unknownReason())
          .isEqualTo("no instance of inventory takes calls, so nobody counts its load");
    }
  }

  @Test
  void theUtilizationOfAdmissionIsReported() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    Inventory slow =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            try {
              answer.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Reservation.getDefaultInstance();
          }
        };
    LoadReporter watching = LoadReporter.builder().ticker(clock::nanoTime).build();
    try (RpcServer server =
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .service(InventoryRpc.bind(slow))
                .limits(limits -> limits.maxConcurrentCalls(4))
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      watching.watch(server);
      var call = InventoryRpc.asyncClient(channel).reserve(ReserveRequest.getDefaultInstance());
      while (server.load().inFlight() < 1) {
        Thread.sleep(5);
      }
      clock.advance(Duration.ofSeconds(1));
      assertThat(watching.report().getApplicationUtilization()).isEqualTo(0.25);
      answer.countDown();
      Reservation unused = call.toCompletableFuture().join();
    } finally {
      answer.countDown();
    }
  }

  @Test
  void instancesThatReportNothingMakeTheLoadUnknown() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        RpcServer silent =
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .service(InventoryRpc.bind(handler))
                .registry(registry)
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
                .start();
        ServiceLoadView view =
            ServiceLoadView.builder().interval(Duration.ofMillis(50)).open(registry, "inventory")) {
      while (view.read().sample().ready() == 0) {
        Thread.sleep(5);
      }
      LoadSample sample = view.read().sample();
      assertThat(sample.offered()).isEmpty();
      assertThat(sample.unknownReason())
          .isEqualTo(
              "none of the 1 instances of inventory reports its load; do they serve a"
                  + " LoadReporter?");
      assertThat(silent.state().phase().name()).isEqualTo("SERVING");
    }
  }
}
