package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fairlead.admin.AuditEvent;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.management.ManagementServer;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ScalerTest {
  private final ManualClock clock = ManualClock.create();
  private final List<ScalingDecision> decisions = new ArrayList<>();
  private final ScalingPolicy policy = ScalingPolicy.builder(10).max(50).build();
  private double offered = 42.5;
  private String broken = "";

  private final List<AuditEvent> audited = new ArrayList<>();

  private final Scaler scaler =
      Scaler.builder("inventory", this::read, policy)
          .clock(clock)
          .audit(audited::add)
          .onDecision(decisions::add)
          .manual();

  private final ManagementServer pages =
      ManagementServer.builder()
          .port(0)
          .handler("/load", scaler.loadPage())
          .handler("/scale", scaler.scalePage())
          .start();

  private ServiceLoad read() {
    if (!broken.isEmpty()) {
      throw new IllegalStateException(broken);
    }
    return new ServiceLoad(
        LoadSample.builder(clock.instant()).offered(offered).served(40).instances(2, 1).build(),
        List.of(
            new EndpointLoad(
                "a",
                "10.0.0.1:50051",
                "ready",
                OptionalDouble.of(21.5),
                OptionalDouble.of(0.7),
                OptionalDouble.of(3)),
            new EndpointLoad(
                "b",
                "10.0.0.2:50051",
                "ready",
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty())));
  }

  @AfterEach
  void close() {
    pages.close();
    scaler.close();
  }

  private HttpResponse<String> get(String path, String accept) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(pages.uri("/").resolve(path)).header("Accept", accept).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void theLoadPageShowsLoadWantAndReason() throws Exception {
    scaler.tick();
    assertThat(get("/load", "text/plain").body())
        .isEqualTo(
            """
            service  inventory
            L        42.50
            C        10.00
            N        5
            have     2 ready, 1 pending
            want     5
            why      up from 3: 42.5 offered in 60 s / 10.0 = 4.3
              a                        10.0.0.1:50051         ready     load 21.50    utilization 0.70
              b                        10.0.0.2:50051         ready     load unknown  utilization unknown
            decisions
              %s  3 -> 5  up from 3: 42.5 offered in 60 s / 10.0 = 4.3
            """
                .formatted(clock.instant().truncatedTo(ChronoUnit.SECONDS)));
    assertThat(get("/load", "application/json").body())
        .contains("\"service\":\"inventory\"", "\"L\":42.5", "\"C\":10.0", "\"N\":5", "\"want\":5")
        .contains("\"why\":\"up from 3: ", "{\"id\":\"a\"", "\"load\":21.5")
        .contains("{\"id\":\"b\",\"address\":\"10.0.0.2:50051\",\"state\":\"ready\"}")
        .contains("\"running\":3,\"want\":5,\"kind\":\"up\",\"why\":\"up from 3: ");
  }

  @Test
  void theLastDecisionsAreRememberedAndNoMore() {
    int[] want = {0};
    Scaler changing =
        Scaler.builder("inventory", this::read, policy)
            .rule(
                (history, now) ->
                    new ScalingDecision(
                        ++want[0] / 2, ScalingDecision.Kind.DOWN, "decision " + want[0]))
            .clock(clock)
            .manual();
    for (int i = 0; i < 60; i++) {
      changing.tick();
    }
    // Each second tick wants the same as the one before.
    assertThat(changing.changes())
        .hasSize(20)
        .extracting(each -> each.decision().want())
        .startsWith(11)
        .endsWith(29, 30);
    assertThat(changing.changes().get(19).running()).isEqualTo(3);
  }

  @Test
  void aLoadThatWasNotReadYetIsNoLoadOfZero() throws Exception {
    HttpResponse<String> response = get("/load", "text/plain");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).contains("the load of inventory has not been read yet; try again");
  }

  @Test
  void aSourceThatFailsFreezesTheNumber() throws Exception {
    scaler.tick();
    broken = "etcd is away";
    clock.advance(Duration.ofSeconds(2));
    scaler.tick();
    assertThat(decisions.get(1).want()).as("those that are starting are kept").isEqualTo(5);
    assertThat(decisions.get(1).why())
        .startsWith("frozen: the load cannot be read")
        .contains("etcd is away")
        .endsWith("; 2 instances may be starting");
    assertThat(get("/load", "text/plain").body())
        .contains(
            "L        unknown (the load cannot be read", "N        unknown\n", "want     5\n");
    assertThat(get("/load", "application/json").body())
        .contains("\"unknown\":\"the load cannot be read")
        .doesNotContain("\"L\"", "\"N\"");
  }

  @Test
  void instancesThatNeverComeAreNotKeptForEver() {
    scaler.tick();
    broken = "etcd is away";
    clock.advance(policy.startTime());
    scaler.tick();
    assertThat(decisions.get(1).want()).isEqualTo(3);
  }

  @Test
  void instancesThatAreStartingAreKeptWhateverWordsARuleUses() {
    List<ScalingDecision> heard = new ArrayList<>();
    Scaler own =
        Scaler.builder("inventory", this::read, policy)
            .rule(
                (history, now) ->
                    history.size() == 1
                        ? new ScalingDecision(9, ScalingDecision.Kind.UP, "more")
                        : new ScalingDecision(3, ScalingDecision.Kind.FROZEN, "nothing is known"))
            .clock(clock)
            .onDecision(heard::add)
            .manual();
    own.tick();
    clock.advance(Duration.ofSeconds(2));
    own.tick();
    assertThat(heard)
        .containsExactly(
            new ScalingDecision(9, ScalingDecision.Kind.UP, "more"),
            new ScalingDecision(
                9, ScalingDecision.Kind.FROZEN, "nothing is known; 6 instances may be starting"));
  }

  @Test
  void aListenerThatFailsKeepsNoOtherFromHearing() {
    List<ScalingDecision> heard = new ArrayList<>();
    Scaler two =
        Scaler.builder("inventory", this::read, policy)
            .clock(clock)
            .onDecision(
                decision -> {
                  throw new IllegalStateException("no metrics");
                })
            .onDecision(heard::add)
            .manual();
    two.tick();
    assertThat(heard).hasSize(1);
  }

  @Test
  void aSourceThatReturnsItsLastSampleAgainIsNotKeptTwice() {
    ServiceLoad last = read();
    Scaler cached = Scaler.builder("inventory", () -> last, policy).clock(clock).manual();
    for (int i = 0; i < 10; i++) {
      cached.tick();
      clock.advance(Duration.ofSeconds(2));
    }
    assertThat(cached.historySize()).isEqualTo(1);
  }

  @Test
  void theScalePageSparesAZoneAsTheRuleDoes() throws Exception {
    ScalingPolicy zones = ScalingPolicy.builder(50).max(50).zones(3).build();
    try (ManagementServer page =
        ManagementServer.builder()
            .port(0)
            .handler(
                "/scale",
                Scaler.builder("inventory", this::read, zones).clock(clock).manual().scalePage())
            .start()) {
      String body =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(page.uri("/").resolve("/scale?L=600")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      assertThat(body).startsWith("18 (L / C with a zone of 3 spare, rounded up)");
    }
  }

  @Test
  void aSourceThatHasStoppedMakesNoDecision() {
    scaler.tick();
    LoadSample stopped = read().sample();
    Scaler late =
        Scaler.builder("inventory", () -> new ServiceLoad(stopped, List.of()), policy)
            .clock(() -> stopped.at().plusSeconds(3_600))
            .manual();
    late.tick();
    assertThat(late.decision())
        .isEqualTo(
            new ScalingDecision(
                3, ScalingDecision.Kind.FROZEN, "frozen: the last sample is 3600 s old"));
  }

  @Test
  void eachChangeIsOneLineOfTheLog() {
    try (LogCapture log = LogCapture.of("io.fairlead.scaling")) {
      for (int i = 0; i < 5; i++) {
        scaler.tick();
        clock.advance(Duration.ofSeconds(2));
      }
      offered = 450;
      scaler.tick();
      assertThat(log.lines()).hasSize(2);
      assertThat(log.lines().get(0)).contains("service inventory: 5 wanted: up from 3: ");
      assertThat(log.lines().get(1)).contains("service inventory: ").contains("wanted: up from 3");
    }
  }

  @Test
  void eachChangeIsOneAuditEvent() {
    for (int i = 0; i < 5; i++) {
      scaler.tick();
      clock.advance(Duration.ofSeconds(2));
    }
    broken = "etcd is away";
    scaler.tick();
    assertThat(audited).hasSize(2);
    assertThat(audited.get(0).toString())
        .isEqualTo(
            "scaler: Scale service=inventory running=3 want=5 kind=UP, because of \"up from 3:"
                + " 42.5 offered in 60 s / 10.0 = 4.3\": decided");
    assertThat(audited.get(1).arguments()).contains("kind=FROZEN");
  }

  @Test
  void eachChangeShowsInTheMetrics() {
    Telemetry telemetry = Telemetry.create();
    telemetry.add(
        figures ->
            scaler
                .gauges()
                .forEach(g -> figures.add(g.name(), g.labels(), g.value(), g.counter())));
    assertThat(telemetry.collect())
        .as("no load before the first tick")
        .extracting(MetricFamily::name)
        .contains("fairlead.scaling.capacity")
        .doesNotContain("fairlead.scaling.load", "fairlead.scaling.want");
    scaler.tick();
    assertThat(gauge("want", "")).isEqualTo(5);
    assertThat(gauge("load", "")).isEqualTo(42.5);
    assertThat(gauge("known", "")).isEqualTo(1);
    assertThat(gauge("decisions", "up")).isEqualTo(1);
    assertThat(telemetry.collect())
        .extracting(MetricFamily::name)
        .contains("fairlead.scaling.load", "fairlead.scaling.want", "fairlead.scaling.decisions");
    broken = "etcd is away";
    scaler.tick();
    assertThat(gauge("known", "")).isZero();
    assertThat(gauge("decisions", "frozen")).isEqualTo(1);
    assertThat(scaler.gauges())
        .extracting(ScalingGauge::name)
        .doesNotContain("fairlead.scaling.load");
  }

  private double gauge(String name, String kind) {
    return scaler.gauges().stream()
        .filter(each -> each.name().equals("fairlead.scaling." + name))
        .filter(each -> kind.isEmpty() || kind.equals(each.labels().get("kind")))
        .findFirst()
        .orElseThrow()
        .value();
  }

  @Test
  void aServiceHasAnInstanceUnlessWaitingCallsAreCounted() {
    ScalingPolicy toZero = ScalingPolicy.builder(10).min(0).build();
    assertThatIllegalStateException()
        .isThrownBy(() -> Scaler.builder("inventory", this::read, toZero).manual())
        .withMessageContaining("counts no calls that wait for the first one; use min 1");
  }

  @Test
  void whatIsDecidedIsAnnouncedInTheRegistryAndLeavesWithTheScaler() {
    List<String> announced = new ArrayList<>();
    InMemoryRegistry registry = new InMemoryRegistry();
    Watch watch =
        registry.watch(
            "fairlead-scaling-inventory",
            update ->
                announced.add(
                    update instanceof Resolution.Bound bound
                        ? String.valueOf(bound.snapshot().endpoints().get(0).tags().get("load"))
                        : "none"));
    Scaler announcing =
        Scaler.builder("inventory", this::read, policy).clock(clock).announce(registry).manual();
    announcing.tick();
    assertThat(announced).hasSize(2);
    assertThat(announced.get(1))
        .contains("\"want\":5", "\"running\":3", "\"L\":42.5")
        .as("the registry has the instances")
        .doesNotContain("endpoints");
    clock.advance(Duration.ofSeconds(9));
    offered = 43;
    announcing.tick();
    assertThat(announced).as("nothing new was decided").hasSize(2);
    clock.advance(Duration.ofSeconds(1));
    announcing.tick();
    assertThat(announced).hasSize(3);
    assertThat(announced.get(2)).contains("\"L\":43.0");
    broken = "the source is gone" + ", as it says at length".repeat(50);
    clock.advance(Duration.ofSeconds(1));
    announcing.tick();
    assertThat(announced).as("at once").hasSize(4);
    assertThat(announced.get(3)).contains("frozen: the load cannot be read", "...\"");
    announcing.close();
    assertThat(announced).endsWith("none");
    announcing.tick();
    assertThat(announced).as("after a tick that was under way").endsWith("none");
    watch.close();
    registry.close();
  }

  @Test
  void oldSamplesAreForgotten() {
    for (int i = 0; i < 3_000; i++) {
      scaler.tick();
      clock.advance(Duration.ofSeconds(2));
    }
    assertThat(scaler.historySize()).isBetween(400, 452);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/scale?L=300|30 (L / C, rounded up)",
        "/scale?L=301|31 (L / C, rounded up)",
        "/scale?L=0.3&C=0.1|3 (L / C, rounded up)",
        "/scale?L=600&C=50|12 (L / C, rounded up)",
        "/scale?L=600|50 (the maximum; L / C is 60)",
        "/scale?L=5|2 (the minimum; L / C is 1)",
      })
  void theScalePageDividesAndRoundsUp(String path, String answer) throws Exception {
    HttpResponse<String> response = get(path, "text/plain");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo(answer + "\n");
  }

  @Test
  void theScalePageSpeaksJson() throws Exception {
    assertThat(get("/scale?L=300", "application/json").body())
        .isEqualTo("{\"L\":300.0,\"C\":10.0,\"N\":30,\"why\":\"L / C, rounded up\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/scale|L is missing: give the load, as in /scale?L=600",
        "/scale?L=|L is \"\", which is not a number; give one above 0",
        "/scale?L=many|L is \"many\", which is not a number; give one above 0",
        "/scale?L=NaN|L is \"NaN\", which is not a number; give one above 0",
        "/scale?L=Infinity|L is \"Infinity\", which is not a number; give one above 0",
        "/scale?L=0|L is 0, which is zero; give a number above 0",
        "/scale?L=-5|L is -5, which is negative; give a number above 0",
        "/scale?L=5&C=0|C is 0, which is zero; give a number above 0",
        "/scale?L=5&C=x|C is \"x\", which is not a number; give one above 0",
      })
  void theScalePageNamesWhatIsWrong(String path, String reason) throws Exception {
    HttpResponse<String> response = get(path, "text/plain");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo(reason + "\n");
  }

  @Test
  void aRunningScalerTicksByItself() throws Exception {
    CountDownLatch ticks = new CountDownLatch(3);
    try (Scaler running =
        Scaler.builder("inventory", this::read, policy)
            .clock(clock)
            .tick(Duration.ofMillis(1))
            .onDecision(
                decision -> {
                  ticks.countDown();
                  throw new IllegalStateException("a listener that fails ends no ticks");
                })
            .start()) {
      ticks.await();
      assertThat(running.toString())
          .isEqualTo("Scaler[inventory, ScalingPolicy[capacity 10.0, 2 to 50 instances]]");
    }
  }
}
