package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.admin.AuditEvent;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.registry.etcd.Leadership;
import io.fairlead.scaling.ScalingDecision.Kind;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real registry, played instances: what becomes of a decision. */
@Timeout(60)
class FleetTest {
  private final ManualClock clock = ManualClock.create();
  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final PlayedInstances instances = new PlayedInstances();
  private final List<AuditEvent> audited = new ArrayList<>();
  private final Fleet fleet = build(1);

  private Fleet build(long token) {
    return Fleet.builder("inventory", registry, instances::load, instances)
        .drains(instances)
        .clock(clock)
        .settleTime(Duration.ofSeconds(6))
        .drainTimeout(Duration.ofSeconds(60))
        .startTimeout(Duration.ofMinutes(5))
        .fencingToken(() -> token)
        .audit(audited::add)
        .build();
  }

  @AfterEach
  void close() {
    fleet.close();
    registry.close();
  }

  /** A tick of a scaler that wants this many. */
  private void want(int count) {
    want(fleet, count);
  }

  private void want(Fleet of, int count) {
    ServiceLoad unused = of.read();
    of.accept(new ScalingDecision(count, Kind.UP, "as the test wants"));
  }

  private void after(int seconds) {
    clock.advance(Duration.ofSeconds(seconds));
  }

  private List<String> actions() {
    List<String> actions = new ArrayList<>();
    audited.forEach(
        each ->
            actions.add(
                each.action()
                    + " "
                    + each.arguments().substring("service=inventory ".length())
                    + ": "
                    + each.outcome()));
    audited.clear();
    return actions;
  }

  @Test
  void instancesThatAreStartingAreNotStartedAgain() {
    want(3);
    want(3);
    assertThat(actions()).containsExactly("Start count=3: done");
    assertThat(fleet.read().sample().pending()).isEqualTo(3);
    assertThat(fleet.read().sample().ready()).isZero();
    instances.register("i1", "i2");
    want(4);
    assertThat(actions()).containsExactly("Start count=1: done");
    assertThat(fleet.read().sample().pending()).isEqualTo(2);
    assertThat(fleet.read().sample().ready()).isEqualTo(2);
  }

  private void running(int count) {
    want(count);
    instances.running.forEach(
        id -> {
          instances.register(id);
          after(1); // the last one is the youngest
        });
    audited.clear();
  }

  @Test
  void theOneWithTheFewestCallsIsDrainedAndStoppedOnceItIsEmpty() {
    running(3);
    instances.calls.putAll(Map.of("i1", 9.0, "i2", 2.0, "i3", 5.0));
    want(2);
    assertThat(actions()).containsExactly("Drain id=i2: done");
    assertThat(instances.whyDrained.get("i2")).isEqualTo("scaled down: as the test wants");
    after(6);
    want(2);
    assertThat(actions()).as("it still has two calls").isEmpty();
    instances.calls.put("i2", 0.0);
    want(2);
    assertThat(actions()).containsExactly("Stop id=i2: done");
    assertThat(instances.running).containsExactly("i1", "i3");
    want(2);
    assertThat(actions()).isEmpty();
  }

  @Test
  void aNewDeciderThatKnowsNothingYetDrainsNobody() {
    running(3);
    // What it saw when it decided were no instances, and the minimum is 1.
    fleet.accept(new ScalingDecision(1, Kind.FROZEN, "the registry has not answered yet"));
    fleet.accept(new ScalingDecision(1, Kind.HELD, "retries"));
    fleet.accept(new ScalingDecision(1, Kind.KEPT, "enough"));
    assertThat(actions()).isEmpty();
    want(1);
    assertThat(actions()).hasSize(2);
  }

  @Test
  void aReportFromBeforeTheDrainIsNotBelieved() {
    running(2);
    instances.calls.putAll(Map.of("i1", 0.0, "i2", 0.0));
    want(1);
    after(5);
    want(1);
    assertThat(actions()).as("clients may not have heard of it").hasSize(1);
    after(1);
    want(1);
    assertThat(actions()).containsExactly("Stop id=i2: done");
  }

  @Test
  void callsThatDoNotEndAreNotWaitedForForEver() {
    running(2);
    instances.calls.putAll(Map.of("i1", 3.0, "i2", 1.0));
    want(1);
    after(59);
    want(1);
    assertThat(actions()).containsExactly("Drain id=i2: done");
    after(1);
    want(1);
    assertThat(audited.get(0).reason()).isEqualTo("drained for PT1M, with calls left");
    assertThat(actions()).containsExactly("Stop id=i2: done");
  }

  @Test
  void anInstanceThatReportsNothingCountsAsBusy() {
    running(2);
    want(1);
    after(59);
    want(1);
    assertThat(actions()).hasSize(1);
  }

  @Test
  void loadThatIsBackTakesADrainedInstanceBackBeforeAnyIsStarted() {
    running(4);
    want(2);
    assertThat(actions()).hasSize(2);
    want(5);
    assertThat(actions())
        .containsExactly("Undrain id=i3: done", "Undrain id=i4: done", "Start count=1: done");
    assertThat(instances.whyDrained).isEmpty();
    want(5);
    after(120);
    want(5);
    assertThat(actions()).as("they stay").isEmpty();
  }

  @Test
  void aRegistryThatLagsDoesNotMakeATakenBackInstanceCountTwice() {
    running(2);
    instances.lag = true;
    want(1);
    want(2);
    assertThat(actions()).containsExactly("Drain id=i2: done", "Undrain id=i2: done");
    want(2);
    assertThat(actions()).isEmpty();
  }

  @Test
  void anInstanceThatCannotBeTakenBackIsReplaced() {
    running(2);
    want(1);
    instances.deaf = "connection refused";
    want(2);
    assertThat(actions())
        .containsExactly(
            "Drain id=i2: done", "Undrain id=i2: connection refused", "Start count=1: done");
  }

  @Test
  void aDrainThatWasNotHeardIsToldAgain() {
    running(2);
    instances.deaf = "connection refused";
    want(1);
    want(1);
    want(1);
    assertThat(actions())
        .as("noted once, however often it is tried")
        .containsExactly("Drain id=i2: connection refused");
    instances.deaf = "";
    want(1);
    assertThat(actions()).containsExactly("Drain id=i2: done");
  }

  @Test
  void whatAPersonHasDrainedIsNotStopped() {
    running(3);
    CompletionStage<Void> unused = instances.drain(instances.endpoint("i1"), "new disk, by ann");
    instances.calls.put("i1", 0.0);
    want(2);
    after(300);
    want(2);
    assertThat(actions()).isEmpty();
    want(3);
    assertThat(actions()).as("nor taken back").containsExactly("Start count=1: done");
  }

  @Test
  void whatAPersonHasTakenBackIsRespected() {
    running(3);
    want(2);
    CompletionStage<Void> unused = instances.undrain(instances.endpoint("i3"), "by ann");
    after(6);
    want(3);
    after(300);
    want(3);
    assertThat(actions()).containsExactly("Drain id=i3: done");
    assertThat(instances.running).hasSize(3);
  }

  @Test
  void aSuccessorGoesOnWithTheDrainsOfItsPredecessor() {
    running(3);
    want(2);
    instances.calls.put("i3", 0.0);
    try (Fleet successor = build(2)) {
      want(successor, 2);
      after(6);
      want(successor, 2);
      assertThat(actions()).containsExactly("Drain id=i3: done", "Stop id=i3: done");
    }
  }

  @Test
  void whoHasASuccessorActsNoMore() {
    running(2);
    try (Fleet successor = build(2);
        LogCapture log = LogCapture.of("io.fairlead.scaling")) {
      want(successor, 3);
      want(9);
      want(9);
      assertThat(instances.running).hasSize(3);
      assertThat(log.lines())
          .filteredOn(each -> each.contains("acts no more"))
          .hasSize(1)
          .first()
          .asString()
          .contains("the order has the fencing token 1, and a later decider with 2 has ordered");
    }
  }

  @Test
  void anInstanceThatDiesIsReplacedBeforeTheRegistryForgetsIt() {
    running(3);
    want(3);
    instances.running.remove("i2");
    assertThat(fleet.read().sample().ready()).isEqualTo(2);
    want(3);
    assertThat(actions()).containsExactly("Start count=1: done");
  }

  @Test
  void anInstanceThatDoesNotComeIsReplaced() {
    running(2);
    want(3);
    want(3);
    after(299);
    want(3);
    assertThat(actions()).containsExactly("Start count=1: done");
    after(1);
    want(3);
    assertThat(audited.get(0).reason()).isEqualTo("not in the registry for PT5M");
    assertThat(actions()).containsExactly("Stop id=i3: done", "Start count=1: done");
  }

  @Test
  void aPromisedInstanceThatIsPromisedAgainUnderTheSameIdIsNotReplacedForEver() {
    running(2);
    instances.freeIds.add("pod#2");
    want(3);
    want(3);
    for (int i = 0; i < 3; i++) {
      after(300);
      instances.freeIds.add("pod#2");
      want(3);
      assertThat(fleet.read().sample().pending()).as("it counts, though it has an old id").isOne();
      want(3);
      assertThat(instances.running).containsExactly("i1", "i2", "pod#2");
    }
    instances.register("pod#2");
    assertThat(fleet.read().sample().ready()).isEqualTo(3);
  }

  @Test
  void anInstanceThatHasTheIdOfAStoppedOneCountsAndCanBeStopped() {
    running(2);
    instances.keepsEntries = true;
    instances.calls.put("i2", 0.0);
    want(1);
    after(6);
    want(1);
    assertThat(instances.running).containsExactly("i1");
    want(1);
    instances.freeIds.add("i2");
    want(2);
    assertThat(fleet.read().sample().pending())
        .as("the registry still has the entry of the one that was stopped")
        .isOne();
    want(2);
    assertThat(instances.running).as("and no third one is started").containsExactly("i1", "i2");
    instances.leave("i2");
    instances.register("i2");
    assertThat(fleet.read().sample().ready()).isEqualTo(2);
    actions();
    want(1);
    after(6);
    want(1);
    assertThat(actions()).containsExactly("Drain id=i2: done", "Stop id=i2: done");
  }

  @Test
  void instancesThatEndAtOnceAreStartedEverMoreRarely() {
    instances.endsAtOnce = true;
    List<Long> starts = new ArrayList<>();
    for (int second = 0; second < 300; second++) {
      want(2);
      if (!actions().isEmpty()) {
        starts.add((long) second);
      }
      after(1);
    }
    assertThat(starts).hasSizeBetween(4, 8).startsWith(0L, 6L, 17L);
    instances.endsAtOnce = false;
    after(300);
    want(2);
    assertThat(instances.running).as("mended").hasSize(2);
    instances.register(instances.running.get(0));
    instances.running.remove(1);
    ServiceLoad unused = fleet.read();
    instances.running.remove(0);
    want(2);
    assertThat(actions()).as("one that had served is replaced at once").hasSize(2);
  }

  @Test
  void aPodThatTakesThePlaceOfAPromisedOneHasNotEndedEarly() {
    instances.freeIds.add("pod#0");
    want(1);
    want(1);
    instances.running.set(0, "pod-x7k");
    want(2);
    assertThat(actions()).hasSize(2).allMatch(each -> each.startsWith("Start count=1"));
  }

  @Test
  void aDeciderWhoseTermIsOverDrainsNobody() {
    running(3);
    AtomicBoolean holds = new AtomicBoolean(true);
    Leadership term =
        new Leadership() {
          @Override
          public long fencingToken() {
            return 1;
          }

          @Override
          public boolean holds() {
            return holds.get();
          }
        };
    try (Fleet late =
        Fleet.builder("inventory", registry, instances::load, instances)
            .drains(instances)
            .clock(clock)
            .leadership(term)
            .audit(audited::add)
            .build()) {
      want(late, 3);
      holds.set(false);
      want(late, 1);
      want(late, 5);
      assertThat(instances.whyDrained).isEmpty();
      assertThat(instances.running).hasSize(3);
      holds.set(true);
      want(late, 1);
      assertThat(instances.whyDrained).as("a term that is over stays so").isEmpty();
    }
  }

  @Test
  void whoHasASuccessorHearsOfIt() throws Exception {
    running(2);
    try (Fleet successor = build(2)) {
      want(successor, 3);
      want(9);
      fleet.awaitSuccessor(); // or the test ends late
      assertThat(actions())
          .contains(
              "Start count=6: the order has the fencing token 1, and a later decider with 2 has"
                  + " ordered already; it was not carried out. If no later one runs, as etcd was"
                  + " set up anew, restart the process that gave this answer");
    }
  }

  @Test
  void aSuccessorAsksAllDrainedInstancesAtOnce() {
    running(4);
    want(1);
    instances.calls.putAll(Map.of("i2", 0.0, "i3", 0.0, "i4", 0.0));
    actions();
    instances.answersOnceAsked = 3;
    try (Fleet successor = build(2)) {
      want(successor, 1);
      after(6);
      want(successor, 1);
      assertThat(actions()).containsExactly("Stop id=i2,i3,i4: done");
    }
  }

  @Test
  void anActuatorThatThrowsWhatItShouldNotIsAFailureAsOthers() {
    instances.broken = "unchecked";
    want(1);
    want(1);
    assertThat(actions())
        .containsExactly("Start count=1: java.lang.IllegalStateException: unchecked");
    instances.blind = "unchecked";
    want(1);
    assertThat(actions()).isEmpty();
  }

  @Test
  void surplusInstancesThatAreStartingDoNotPushOutThoseThatServe() {
    running(2);
    want(5);
    actions();
    want(2);
    assertThat(actions()).as("two serve, and two are wanted").isEmpty();
    instances.running.forEach(instances::register);
    want(2);
    assertThat(actions()).hasSize(3).allMatch(each -> each.startsWith("Drain"));
  }

  @Test
  void fewStartAtOnceIfThatIsAsked() {
    try (Fleet careful =
        Fleet.builder("inventory", registry, instances::load, instances)
            .drains(instances)
            .maxStarting(2)
            .build()) {
      want(careful, 5);
      want(careful, 5);
      assertThat(instances.running).hasSize(2);
      instances.register("i1");
      want(careful, 5);
      assertThat(instances.running).hasSize(3);
    }
  }

  @Test
  void anActuatorThatFailsIsTriedAgainAndNotedOnce() {
    instances.broken = "no memory";
    want(1);
    want(1);
    assertThat(actions()).containsExactly("Start count=1: no memory");
    instances.broken = "";
    want(1);
    assertThat(actions()).containsExactly("Start count=1: done");
  }

  @Test
  void whileTheActuatorCannotSayWhatRunsNothingIsDone() {
    running(2);
    try (LogCapture log = LogCapture.of("io.fairlead.scaling")) {
      instances.blind = "the machine does not answer";
      want(5);
      want(5);
      assertThat(instances.running).hasSize(2);
      assertThat(log.lines())
          .filteredOn(each -> each.contains("the machine does not answer"))
          .hasSize(1);
    }
  }

  @Test
  void settingsThatCannotBeAreRefusedInWords() {
    Fleet.Builder builder = Fleet.builder("inventory", registry, instances::load, instances);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxStarting(0))
        .withMessage("maxStarting 0 is too small; use at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.drainTimeout(Duration.ZERO))
        .withMessage("drainTimeout PT0S is no time; use more than 0");
  }

  /** Instances, and who starts and drains them. */
  private final class PlayedInstances implements Actuator, Drains {
    private final FencingGuard guard = new FencingGuard(null);
    private final List<String> running = new ArrayList<>();
    private final Map<String, Registration> registered = new TreeMap<>();
    private final Map<String, String> whyDrained = new HashMap<>();
    private final Map<String, Double> calls = new TreeMap<>();
    private String deaf = "";
    private String broken = "";
    private String blind = "";
    private boolean lag;
    private boolean endsAtOnce;
    private boolean keepsEntries;
    private int number;

    /** To be given before new ones. */
    private final Deque<String> freeIds = new ArrayDeque<>();

    /** Nobody says why it is drained before so many have been asked. */
    private int answersOnceAsked;

    private final Map<CompletableFuture<String>, String> asked = new LinkedHashMap<>();

    ServiceLoad load() {
      List<EndpointLoad> endpoints = new ArrayList<>();
      registered.forEach(
          (id, each) ->
              endpoints.add(
                  new EndpointLoad(
                      id,
                      "127.0.0.1:1",
                      "ready",
                      OptionalDouble.empty(),
                      OptionalDouble.empty(),
                      calls.containsKey(id)
                          ? OptionalDouble.of(calls.get(id))
                          : OptionalDouble.empty())));
      return new ServiceLoad(
          LoadSample.builder(clock.instant()).offered(1).instances(registered.size(), 0).build(),
          endpoints);
    }

    void register(String... ids) {
      for (String id : ids) {
        registered.computeIfAbsent(
            id,
            one ->
                registry.register(
                    "inventory",
                    Endpoint.of(id, "127.0.0.1", 1).toBuilder()
                        .startedAt(clock.instant())
                        .build()));
      }
    }

    Endpoint endpoint(String id) {
      return Objects.requireNonNull(registered.get(id)).endpoint();
    }

    private void refuse(String why) throws IOException {
      if (why.equals("unchecked")) {
        throw new IllegalStateException(why);
      }
      if (!why.isEmpty()) {
        throw new IOException(why);
      }
    }

    void leave(String id) {
      Objects.requireNonNull(registered.remove(id)).close();
    }

    @Override
    public List<String> instances() throws IOException {
      refuse(blind);
      return List.copyOf(running);
    }

    @Override
    public void start(int count, Order order) throws IOException {
      refuse(broken);
      guard.run(
          order,
          () -> {
            for (int i = 0; i < count && !endsAtOnce; i++) {
              running.add(freeIds.isEmpty() ? "i" + ++number : freeIds.remove());
            }
          });
    }

    @Override
    public void stop(List<String> ids, Order order) throws IOException {
      guard.run(
          order,
          () -> {
            running.removeAll(ids);
            ids.stream()
                .filter(id -> registered.containsKey(id) && !keepsEntries)
                .forEach(this::leave);
          });
    }

    @Override
    public CompletionStage<Void> drain(Endpoint endpoint, String reason) {
      return change(endpoint, true, reason);
    }

    @Override
    public CompletionStage<Void> undrain(Endpoint endpoint, String reason) {
      return change(endpoint, false, reason);
    }

    private CompletionStage<Void> change(Endpoint endpoint, boolean draining, String reason) {
      if (!deaf.isEmpty()) {
        return CompletableFuture.failedFuture(new IOException(deaf));
      }
      if (draining) {
        whyDrained.put(endpoint.id(), reason);
      } else {
        whyDrained.remove(endpoint.id());
      }
      if (lag && !draining) {
        return CompletableFuture.completedFuture(null);
      }
      Registration registration = Objects.requireNonNull(registered.get(endpoint.id()));
      return registration.update(registration.endpoint().toBuilder().draining(draining).build());
    }

    @Override
    public CompletionStage<String> whyDrained(Endpoint endpoint) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      asked.put(answer, whyDrained.getOrDefault(endpoint.id(), ""));
      if (asked.size() >= answersOnceAsked) {
        asked.forEach(CompletableFuture::complete);
        asked.clear();
      }
      return answer;
    }

    @Override
    public void close() {}
  }
}
