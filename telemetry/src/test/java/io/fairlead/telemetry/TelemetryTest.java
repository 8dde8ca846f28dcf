package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.EndpointView;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.TestAuthority;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

class TelemetryTest {
  /** In turn, whatever the request: the contract asks for the endpoint of its hash key. */
  private static final MethodPolicy ONCE_IN_TURN =
      MethodPolicy.builder()
          .balancer("round_robin")
          .deadline(Duration.ofMinutes(1))
          .failureMode(FailureMode.FAILFAST)
          .endpointBreaker(CircuitBreakerPolicy.off())
          .breaker(CircuitBreakerPolicy.off())
          .build();

  /** The values of a metric by their labels, without the name of the method. */
  private static Map<Map<String, String>, Double> values(Telemetry telemetry, String name) {
    return telemetry.collect().stream()
        .filter(family -> family.name().equals(name))
        .flatMap(family -> family.points().stream())
        .collect(Collectors.toMap(MetricFamily.Point::labels, MetricFamily.Point::value));
  }

  private static void ended(Telemetry telemetry, String method) {
    telemetry.callStarted(method);
    telemetry.callEnded(ServerCallOutcome.builder(method).totalTime(Duration.ofMillis(1)).build());
  }

  @Test
  void namesThatOthersMakeUpDoNotFillTheMemory() {
    Telemetry telemetry = Telemetry.builder().maxSeries(40).build();
    try (LogCapture log = LogCapture.of(Telemetry.class.getName())) {
      for (int i = 0; i < 1_000; i++) {
        ended(telemetry, "test.Echo/Say" + i);
      }
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .startsWith("telemetry has reached its limit of 40 series; test.Echo/Say")
          .endsWith("Raise maxSeries(...), or leave methods out with methods(...)");
    }
    Map<Map<String, String>, Double> calls = values(telemetry, "grpc.server.call.duration");
    assertThat(calls.values().stream().mapToDouble(each -> each).sum()).isEqualTo(1_000);
    assertThat(calls).hasSizeLessThan(10);
    assertThat(calls.get(Map.of("grpc.method", "other", "grpc.status", "OK"))).isGreaterThan(900);
    assertThat(values(telemetry, "fairlead.telemetry.overflows").values())
        .allSatisfy(count -> assertThat(count).isPositive());
  }

  @Test
  void targetsAreBoundedToo() {
    Telemetry telemetry = Telemetry.builder().maxSeries(100).build();
    for (int i = 0; i < 1_000; i++) {
      telemetry.callEnded(
          CallOutcome.builder("test.Echo/Say", "dns:///tenant-" + i, ResolvedPolicy.of(List.of()))
              .totalTime(Duration.ofMillis(1))
              .build());
    }
    assertThat(values(telemetry, "grpc.client.call.duration")).hasSizeLessThan(20);
    assertThat(
            values(telemetry, "grpc.client.call.duration").values().stream()
                .mapToDouble(each -> each)
                .sum())
        .isEqualTo(1_000);
  }

  @Test
  void methodsThatAreLeftOutCountAsOther() {
    Telemetry telemetry = Telemetry.builder().methods(method -> method.startsWith("shop.")).build();
    ended(telemetry, "shop.Inventory/Reserve");
    ended(telemetry, "health.Health/Check");
    assertThat(values(telemetry, "grpc.server.call.started"))
        .isEqualTo(
            Map.of(
                Map.of("grpc.method", "shop.Inventory/Reserve"), 1.0,
                Map.of("grpc.method", "other"), 1.0));
  }

  @Test
  void aServerThatIsWatchedTwiceIsShownOnce() throws Exception {
    Telemetry telemetry = Telemetry.create();
    try (RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .port(0)
            .service(InventoryRpc.bind(new Inventory() {}))
            .start()) {
      telemetry.watch(server);
      telemetry.watch(server);
      assertThat(values(telemetry, "fairlead.server.serving"))
          .isEqualTo(Map.of(Map.of("server.port", "" + server.port()), 1.0));
    }
    assertThat(values(telemetry, "fairlead.server.serving")).isEmpty();
  }

  @Test
  void whatLimitsAServerAndWhereItStandsIsShown() throws Exception {
    Telemetry telemetry = Telemetry.create();
    try (RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .port(0)
            .limits(limits -> limits.maxConcurrentCallsOf(InventoryRpc.RESERVE.fullName(), 7))
            .readiness("shelves", () -> true)
            .service(InventoryRpc.bind(new Inventory() {}))
            .start()) {
      telemetry.watch(server);
      String port = "" + server.port();
      assertThat(values(telemetry, "fairlead.server.limit"))
          .isEqualTo(
              Map.of(
                  Map.of("server.port", port, "grpc.method", InventoryRpc.RESERVE.fullName()),
                  7.0));
      assertThat(values(telemetry, "fairlead.server.phase"))
          .containsEntry(Map.of("server.port", port, "fairlead.phase", "serving"), 1.0)
          .containsEntry(Map.of("server.port", port, "fairlead.phase", "drained"), 0.0);
      assertThat(values(telemetry, "fairlead.server.ready"))
          .isEqualTo(Map.of(Map.of("server.port", port, "fairlead.check", "shelves"), 1.0));
      // The first check ran on such a thread, which may be about to leave it.
      Await.until(
          "no handler runs",
          () ->
              values(telemetry, "fairlead.server.handlers")
                  .equals(Map.of(Map.of("server.port", port), 0.0)));
      assertThat(values(telemetry, "fairlead.event_loop.holds")).hasSize(1);
    }
  }

  @Test
  void theTimeThatACertificateHasLeftIsShown(@TempDir Path directory) throws Exception {
    Telemetry telemetry = Telemetry.create();
    Certificates own =
        TestAuthority.create("shop")
            .leaf("inventory")
            .valid(Instant.now().minusSeconds(60), Instant.now().plus(Duration.ofDays(40)))
            .write(directory);
    try (RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .tls(own.certificate(), own.key())
            .service(InventoryRpc.bind(new Inventory() {}))
            .start()) {
      telemetry.watch(server);
      assertThat(values(telemetry, "fairlead.server.certificate.left"))
          .hasSize(1)
          .allSatisfy(
              (labels, seconds) -> {
                assertThat(labels).containsEntry("server.port", "" + server.port());
                assertThat(seconds / 86_400).isBetween(39.9, 40.0);
              });
    }
  }

  @Test
  void connectionsAndEndpointsOfAChannelAreShownUntilItIsClosed() throws Exception {
    Telemetry telemetry = Telemetry.create();
    Inventory inventory =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            return Reservation.newBuilder().setSku(request.getSku()).build();
          }
        };
    try (RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .port(0)
            .service(InventoryRpc.bind(inventory))
            .start()) {
      String target = "dns:///127.0.0.1:" + server.port();
      Map<String, String> ofTarget = Map.of("grpc.target", target);
      Map<String, String> ofEndpoint =
          Map.of(
              "grpc.target",
              target,
              "fairlead.channel",
              "1",
              "fairlead.endpoint",
              "127.0.0.1:" + server.port());
      MethodPolicy patient =
          MethodPolicy.builder()
              .deadline(Duration.ofMinutes(1))
              .failureMode(FailureMode.FAILFAST)
              .build();
      try (RpcChannel channel =
          RpcChannel.to(target)
              .policy(InventoryRpc.RESERVE.fullName(), patient)
              .service(InventoryRpc.service())
              .observer(telemetry)
              .build()) {
        telemetry.watch(channel);
        InventoryRpc.client(channel).reserve(ReserveRequest.newBuilder().setSku("a").build());
        assertThat(values(telemetry, "grpc.subchannel.connection_attempts_succeeded"))
            .isEqualTo(Map.of(ofTarget, 1.0));
        assertThat(values(telemetry, "grpc.subchannel.open_connections"))
            .isEqualTo(Map.of(ofTarget, 1.0));
        assertThat(values(telemetry, "fairlead.client.endpoints"))
            .containsEntry(
                Map.of("grpc.target", target, "fairlead.channel", "1", "fairlead.state", "ready"),
                1.0)
            .containsEntry(
                Map.of("grpc.target", target, "fairlead.channel", "1", "fairlead.state", "ejected"),
                0.0);
        assertThat(values(telemetry, "fairlead.client.retry_budget.available"))
            .containsOnlyKeys(Map.of("grpc.target", target, "fairlead.channel", "1"));
        for (String each :
            List.of("ready", "in_flight", "latency", "silence", "missed_pings", "ejections")) {
          assertThat(values(telemetry, "fairlead.client.endpoint." + each))
              .as(each)
              .containsOnlyKeys(ofEndpoint);
        }
        Map<String, String> ofAttempt =
            Map.of(
                "grpc.method",
                InventoryRpc.RESERVE.fullName(),
                "grpc.target",
                target,
                "grpc.status",
                "OK");
        assertThat(
                telemetry.collect().stream()
                    .filter(
                        family ->
                            family
                                .name()
                                .equals("grpc.client.attempt.sent_total_compressed_message_size"))
                    .flatMap(family -> family.points().stream()))
            .singleElement()
            .satisfies(
                point -> {
                  assertThat(point.labels()).isEqualTo(ofAttempt);
                  assertThat(point.histogram().sum()).as("one text of one letter").isEqualTo(3);
                });
      }
      assertThat(values(telemetry, "grpc.subchannel.disconnections"))
          .isEqualTo(Map.of(ofTarget, 1.0));
      assertThat(values(telemetry, "grpc.subchannel.open_connections"))
          .isEqualTo(Map.of(ofTarget, 0.0));
      assertThat(values(telemetry, "fairlead.client.endpoints")).isEmpty();
    }
  }

  /** An endpoint that was last heard of 7 s ago, missed three pings, and was ejected twice. */
  private record Silent(Endpoint endpoint) implements EndpointView {
    @Override
    public int inFlight() {
      return 4;
    }

    @Override
    public double latencyNanos() {
      return 5_000_000;
    }

    @Override
    public double failureRate() {
      return 0.25;
    }

    @Override
    public double reportedWeight() {
      return 0;
    }

    @Override
    public boolean isReady() {
      return false;
    }

    @Override
    public long ejections() {
      return 2;
    }

    @Override
    public Optional<Duration> sinceHeard() {
      return Optional.of(Duration.ofSeconds(7));
    }

    @Override
    public long missedPings() {
      return 3;
    }
  }

  @Test
  void theHeartbeatsOfAnEndpointAreFigures() {
    EndpointGauges gauges = new EndpointGauges();
    gauges.add(
        "etcd:///a",
        "1",
        new Silent(
            Endpoint.builder("i1").addresses(Address.grpc("10.0.0.1", 80)).weight(50).build()));
    Map<String, Double> figures =
        gauges.families().stream()
            .filter(family -> !family.points().isEmpty())
            .collect(Collectors.toMap(MetricFamily::name, each -> each.points().get(0).value()));
    String endpoint = "fairlead.client.endpoint.";
    assertThat(figures)
        .isEqualTo(
            Map.of(
                endpoint + "silence", 7.0,
                endpoint + "missed_pings", 3.0,
                endpoint + "ejections", 2.0,
                endpoint + "ready", 0.0,
                endpoint + "in_flight", 4.0,
                endpoint + "latency", 0.005,
                endpoint + "failure_rate", 0.25,
                endpoint + "weight", 50.0));
  }

  @Test
  void anEndpointThatIsEjectedIsSeenInTheFiguresOfItsChannel() {
    Telemetry telemetry = Telemetry.create();
    try (RpcServer good = inventory(request -> Reservation.getDefaultInstance());
        RpcServer bad =
            inventory(
                request -> {
                  throw new IllegalStateException("no shelf");
                });
        RpcChannel channel =
            RpcChannel.to(
                    "static:///inventory?endpoint=127.0.0.1:%d&endpoint=127.0.0.1:%d"
                        .formatted(good.port(), bad.port()))
                .policy(InventoryRpc.RESERVE.fullName(), ONCE_IN_TURN)
                .service(InventoryRpc.service())
                .observer(telemetry)
                .build()) {
      telemetry.watch(channel);
      Inventory inventory = InventoryRpc.client(channel);
      String target = channel.target();
      Map<String, String> ofBad =
          Map.of(
              "grpc.target",
              target,
              "fairlead.channel",
              "1",
              "fairlead.endpoint",
              "127.0.0.1:" + bad.port());
      Await.until(
          "the endpoint that fails is ejected",
          () -> {
            try {
              Reservation unused = inventory.reserve(ReserveRequest.getDefaultInstance());
            } catch (StatusRuntimeException e) {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
            }
            // Observers hear of it last, after the figures of the endpoint.
            return values(telemetry, "grpc.lb.outlier_detection.ejections_enforced")
                .containsValue(1.0);
          });
      assertThat(values(telemetry, "fairlead.client.endpoint.ejections")).containsEntry(ofBad, 1.0);
      assertThat(values(telemetry, "fairlead.client.endpoint.silence").get(ofBad))
          .isBetween(0.0, 60.0);
      assertThat(values(telemetry, "grpc.lb.outlier_detection.ejections_enforced"))
          .isEqualTo(
              Map.of(
                  Map.of(
                      "grpc.target",
                      target,
                      "grpc.lb.outlier_detection.detection_method",
                      "consecutive_failures"),
                  1.0));
    }
  }

  private static RpcServer inventory(Function<ReserveRequest, Reservation> shelf) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .service(
            InventoryRpc.bind(
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    return shelf.apply(request);
                  }
                }))
        .start();
  }

  @Test
  void oneTargetIsOneSeriesHoweverItIsWritten() {
    Telemetry telemetry = Telemetry.create();
    for (String target : List.of("pricing:80", "dns:///pricing:80", "etcd:///pricing")) {
      telemetry.attemptStarted("test.Echo/Say", target);
      telemetry.connectionChanged(
          target, "10.0.0.1:80", ConnectivityStateInfo.forNonError(ConnectivityState.READY));
    }
    assertThat(values(telemetry, "grpc.client.attempt.started"))
        .isEqualTo(
            Map.of(
                Map.of("grpc.method", "test.Echo/Say", "grpc.target", "dns:///pricing:80"), 2.0,
                Map.of("grpc.method", "test.Echo/Say", "grpc.target", "etcd:///pricing"), 1.0));
    assertThat(values(telemetry, "grpc.subchannel.open_connections"))
        .containsEntry(Map.of("grpc.target", "dns:///pricing:80"), 2.0);
    try (RpcChannel one = RpcChannel.to("127.0.0.1:1").build();
        RpcChannel other = RpcChannel.to("dns:///127.0.0.1:1").build()) {
      telemetry.watch(one);
      telemetry.watch(other);
      assertThat(values(telemetry, "fairlead.client.retry_budget.available"))
          .containsOnlyKeys(
              Map.of("grpc.target", "dns:///127.0.0.1:1", "fairlead.channel", "1"),
              Map.of("grpc.target", "dns:///127.0.0.1:1", "fairlead.channel", "2"));
    }
  }

  @Test
  void linesThatAnAccessLogLosesAreAMetric() {
    Telemetry telemetry = Telemetry.create();
    assertThat(values(telemetry, "fairlead.access_log.lines")).isEmpty();
    AccessLog.Sink full =
        line -> {
          throw new IOException("No space left on device");
        };
    try (LogCapture log = LogCapture.of(AccessLog.class.getName());
        AccessLog lines = AccessLog.to(full).sample(1).build()) {
      telemetry.watch(lines);
      for (int i = 0; i < 2; i++) {
        lines.callEnded(ServerCallOutcome.builder("test.Echo/Say").build());
      }
      Await.until("both lines are lost", () -> lines.lost() == 2);
      assertThat(log.warnings()).hasSize(1);
    }
    assertThat(values(telemetry, "fairlead.access_log.lines"))
        .isEqualTo(
            Map.of(
                Map.of("fairlead.outcome", "written"), 0.0,
                Map.of("fairlead.outcome", "lost"), 2.0,
                Map.of("fairlead.outcome", "over_limit"), 0.0));
  }

  @Test
  void theWeightsOfWeightedRoundRobinAreCountedAtEachUpdate() {
    Telemetry telemetry = Telemetry.create();
    telemetry.weightsUpdated("etcd:///a", new double[] {0, 200, 0.25}, 1);
    telemetry.weightsUpdated("etcd:///a", new double[] {0, 0, 300}, 0);
    // Channels with other balancers have none of it.
    telemetry.outlierFound("etcd:///b", "10.0.0.1:1", "latency", true);
    Map<String, String> labels = Map.of("grpc.target", "etcd:///a");
    assertThat(values(telemetry, "grpc.lb.wrr.rr_fallback")).isEqualTo(Map.of(labels, 1.0));
    assertThat(values(telemetry, "grpc.lb.wrr.endpoint_weight_not_yet_usable"))
        .isEqualTo(Map.of(labels, 2.0));
    assertThat(values(telemetry, "grpc.lb.wrr.endpoint_weight_stale"))
        .isEqualTo(Map.of(labels, 1.0));
    assertThat(values(telemetry, "grpc.lb.wrr.endpoint_weights")).isEqualTo(Map.of(labels, 6.0));
    HistogramSnapshot weights =
        telemetry.collect().stream()
            .filter(family -> family.name().equals("grpc.lb.wrr.endpoint_weights"))
            .findFirst()
            .orElseThrow()
            .points()
            .get(0)
            .histogram();
    assertThat(weights.sum()).isEqualTo(500.25);
    assertThat(weights.quantile(0.5)).as("three of six are 0").isLessThan(0.02);
    assertThat(weights.quantile(1)).isBetween(300.0, 512.0);
  }

  private static Set<String> channels(Telemetry telemetry) {
    return values(telemetry, "fairlead.client.retry_budget.available").keySet().stream()
        .map(labels -> labels.get("fairlead.channel"))
        .collect(Collectors.toSet());
  }

  @Test
  void severalChannelsToOneTargetAreAllShownAndKeepTheirNumbers() {
    Telemetry telemetry = Telemetry.create();
    String target = "dns:///127.0.0.1:1";
    RpcChannel first = RpcChannel.to(target).build();
    RpcChannel second = RpcChannel.to(target).build();
    RpcChannel elsewhere = RpcChannel.to("dns:///127.0.0.1:2").build();
    RpcChannel third = RpcChannel.to(target).build();
    try {
      for (RpcChannel each : List.of(first, second, elsewhere)) {
        telemetry.watch(each);
        telemetry.watch(each);
      }
      assertThat(values(telemetry, "fairlead.client.endpoints"))
          .as("a channel that nobody called lacks no endpoint")
          .isEmpty();
      assertThat(values(telemetry, "fairlead.client.retry_budget.available"))
          .containsOnlyKeys(
              Map.of("grpc.target", target, "fairlead.channel", "1"),
              Map.of("grpc.target", target, "fairlead.channel", "2"),
              Map.of("grpc.target", "dns:///127.0.0.1:2", "fairlead.channel", "1"));
      elsewhere.close();
      first.close();
      assertThat(channels(telemetry)).as("the counts of one are not another's").containsOnly("2");
      telemetry.watch(third);
      assertThat(channels(telemetry)).containsOnly("1", "2");
    } finally {
      List.of(first, second, elsewhere, third).forEach(RpcChannel::close);
    }
  }

  @Test
  void channelsThatNobodyClosesDoNotFillTheScrape() {
    Telemetry telemetry = Telemetry.create();
    List<RpcChannel> channels = new ArrayList<>();
    for (int i = 0; i < EndpointGauges.MAX_CHANNELS + 10; i++) {
      channels.add(RpcChannel.to("dns:///127.0.0.1:1").build());
      telemetry.watch(channels.get(i));
    }
    assertThat(channels(telemetry)).hasSize(EndpointGauges.MAX_CHANNELS);
    channels.forEach(RpcChannel::close);
    assertThat(channels(telemetry)).isEmpty();
  }

  @Test
  void anOpenBreakerIsShownUntilItsChannelIsClosed() throws Exception {
    Telemetry telemetry = Telemetry.create();
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofMinutes(1))
            .failureMode(FailureMode.FAILFAST)
            .endpointBreaker(CircuitBreakerPolicy.off())
            .breaker(CircuitBreakerPolicy.builder().minimumSamples(1).failureRate(0.1).build())
            .build();
    Inventory broken =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            throw new IllegalStateException("no shelf");
          }
        };
    try (RpcServer server =
        RpcServer.builder("inventory")
            .host("127.0.0.1")
            .port(0)
            .service(InventoryRpc.bind(broken))
            .start()) {
      try (RpcChannel channel =
          RpcChannel.to("dns:///127.0.0.1:" + server.port())
              .service(InventoryRpc.service())
              .policy(InventoryRpc.RESERVE.fullName(), policy)
              .observer(telemetry)
              .build()) {
        telemetry.watch(channel);
        Inventory inventory = InventoryRpc.client(channel);
        for (int i = 0; i < 2; i++) {
          try {
            inventory.reserve(ReserveRequest.getDefaultInstance());
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getDescription()).isNotNull();
          }
        }
        assertThat(values(telemetry, "fairlead.client.breaker.active"))
            .isEqualTo(
                Map.of(
                    Map.of(
                        "server.address", channel.authority(),
                        "fairlead.scope", "method",
                        "fairlead.phase", "open"),
                    1.0));
        assertThat(values(telemetry, "fairlead.client.breaker.openings"))
            .isEqualTo(Map.of(Map.of("fairlead.scope", "method"), 1.0));
      }
    }
    assertThat(values(telemetry, "fairlead.client.breaker.active")).isEmpty();
  }
}
