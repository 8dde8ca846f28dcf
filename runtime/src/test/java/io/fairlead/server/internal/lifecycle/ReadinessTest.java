package io.fairlead.server.internal.lifecycle;

import static io.grpc.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING;
import static io.grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.server.EchoMethod;
import io.fairlead.server.RpcServer;
import io.fairlead.server.RunningServerExtension;
import io.fairlead.server.internal.service.HealthProbe;
import io.fairlead.server.internal.service.HealthStatuses;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class ReadinessTest {
  private static final String SHOP = "shop.v1.Shop";
  private static final String SEARCH = "shop.v1.Search";

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final ManualClock clock = ManualClock.create();
  private final List<Runnable> waiting = new ArrayList<>();
  private final HealthStatuses board = new HealthStatuses(List.of(SHOP, SEARCH));
  private final AtomicBoolean database = new AtomicBoolean(true);
  private final AtomicBoolean index = new AtomicBoolean(true);
  private final ReadinessConfig config =
      ReadinessConfig.NONE
          .with(new ReadinessCheckConfig("database", database::get, Set.of()))
          .with(new ReadinessCheckConfig("index", index::get, Set.of(SEARCH)));
  private final LogCapture log = LogCapture.of("io.fairlead.server");

  @AfterEach
  void closeLog() {
    log.close();
  }

  @Test
  void healthFollowsTheChecksOfEachService() {
    ReadinessMonitor readinessMonitor = begun(config, Runnable::run);
    assertThat(readinessMonitor.awaitReady(Duration.ZERO)).isEmpty();
    assertThat(List.of(health(""), health(SHOP), health(SEARCH))).containsOnly(SERVING);

    index.set(false);
    clock.advance(config.interval());
    assertThat(health(SEARCH)).isEqualTo(NOT_SERVING);
    assertThat(List.of(health(""), health(SHOP))).containsOnly(SERVING);
    assertThat(log.warnings())
        .containsExactly(
            "server shop shop.v1.Search: health says NOT_SERVING: check \"index\" says no");

    database.set(false);
    clock.advance(config.interval());
    assertThat(List.of(health(""), health(SHOP), health(SEARCH))).containsOnly(NOT_SERVING);

    database.set(true);
    index.set(true);
    clock.advance(config.interval());
    assertThat(List.of(health(""), health(SHOP), health(SEARCH))).containsOnly(SERVING);
    assertThat(log.lines()).contains("server shop as a whole: health says SERVING again");
  }

  @Test
  void beforeAllAreReadyNothingIsServing() {
    index.set(false);
    ReadinessMonitor readinessMonitor = begun(config, Runnable::run);
    assertThat(readinessMonitor.awaitReady(Duration.ZERO))
        .extracting(ReadinessState::toString)
        .containsExactly("check \"index\" says no");
    assertThat(List.of(health(""), health(SHOP), health(SEARCH))).containsOnly(NOT_SERVING);
    index.set(true);
    // Somebody waits for the start, so the next question comes soon.
    clock.advance(Duration.ofMillis(250));
    assertThat(readinessMonitor.awaitReady(Duration.ZERO)).isEmpty();
    assertThat(health(SEARCH)).isEqualTo(SERVING);
  }

  @Test
  void throwingCheckIsNotReadyWithItsReason() {
    ReadinessConfig broken =
        ReadinessConfig.NONE.with(
            new ReadinessCheckConfig(
                "database",
                () -> {
                  throw new java.io.IOException("connection refused");
                },
                Set.of()));
    assertThat(begun(broken, Runnable::run).awaitReady(Duration.ZERO))
        .extracting(ReadinessState::detail)
        .containsExactly("failed: java.io.IOException: connection refused");
  }

  @Test
  void hangingCheckRunsOnceAndIsNotReady() {
    ReadinessMonitor readinessMonitor = begun(config, Runnable::run);
    assertThat(readinessMonitor.awaitReady(Duration.ZERO)).isEmpty();
    ReadinessMonitor slow = begun(config, waiting::add);
    clock.advance(Duration.ofMillis(4_999));
    assertThat(slow.states())
        .extracting(ReadinessState::detail)
        .containsOnly("has not answered yet");
    clock.advance(Duration.ofMillis(251));
    assertThat(waiting).as("one question for each check").hasSize(2);
    assertThat(slow.states())
        .extracting(ReadinessState::detail)
        .containsOnly("has not answered within 5s");
    waiting.forEach(Runnable::run);
    assertThat(slow.states()).allMatch(ReadinessState::ready);
  }

  @Test
  void noCheckRunsAfterClose() {
    ReadinessMonitor readinessMonitor = begun(config, waiting::add);
    readinessMonitor.close();
    clock.advance(Duration.ofMinutes(1));
    assertThat(waiting).hasSize(2);
    waiting.forEach(Runnable::run);
    assertThat(readinessMonitor.states()).noneMatch(ReadinessState::ready);
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void aCheckForAnUnknownServiceStopsTheServer() {
    RpcServer.Builder builder =
        RpcServer.builder("shop")
            .service(EchoMethod.serving(t -> t))
            .readiness("index", () -> true, "shop.v1.Serch");
    assertThatThrownBy(builder::start)
        .hasMessage(
            "the readiness check \"index\" is for the service shop.v1.Serch, which this server"
                + " does not serve; it serves test.Echo");
  }

  @Test
  void twoChecksOfOneNameAreAMistake() {
    RpcServer.Builder builder =
        RpcServer.builder("shop")
            .service(EchoMethod.serving(t -> t))
            .readiness("index", () -> true);
    assertThatThrownBy(() -> builder.readiness("index", () -> true))
        .hasMessage("two readiness checks have the name \"index\"; give each its own");
  }

  @Test
  void aClientSeesTheChangeOnAServer() {
    CountDownLatch asked = new CountDownLatch(1);
    RpcServer server =
        running.start(
            RpcServer.builder("shop")
                .service(EchoMethod.serving(t -> t))
                .readiness(
                    "database",
                    () -> {
                      asked.countDown();
                      return database.get();
                    })
                .readinessInterval(Duration.ofMillis(10)));
    assertThat(asked.getCount()).isZero();
    assertThat(server.readiness()).singleElement().matches(ReadinessState::ready);
    Iterator<HealthCheckResponse> health =
        HealthGrpc.newBlockingStub(running.channel(server))
            .watch(HealthCheckRequest.newBuilder().setService(EchoMethod.SERVICE).build());
    assertThat(health.next().getStatus()).isEqualTo(SERVING);
    database.set(false);
    assertThat(health.next().getStatus()).isEqualTo(NOT_SERVING);
    database.set(true);
    assertThat(health.next().getStatus()).isEqualTo(SERVING);
  }

  private ReadinessMonitor begun(ReadinessConfig config, Executor threads) {
    LifecycleClock time =
        new LifecycleClock() {
          @Override
          public Instant now() {
            return clock.instant();
          }

          @Override
          public long nanoTime() {
            return clock.nanoTime();
          }

          @Override
          public void sleep(Duration time) {
            throw new AssertionError("nobody pauses here");
          }
        };
    ReadinessMonitor readinessMonitor =
        new ReadinessMonitor("shop", config, board, clock.scheduler(), threads, time);
    readinessMonitor.start();
    return readinessMonitor;
  }

  private HealthCheckResponse.ServingStatus health(String service) {
    return HealthProbe.status(board, service);
  }
}
