package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** What a service without instances learns of the calls that wait for one. */
@Timeout(60)
class WaitingReporterTest {
  private static final String NOTES = "fairlead-waiting-inventory";

  private static final Duration LONG = Duration.ofMinutes(5);

  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(LONG)
          .waitForReady(true)
          .failureMode(FailureMode.FAILFAST)
          .build();

  private final ManualClock clock = ManualClock.create();
  private final InMemoryRegistry registry = new InMemoryRegistry();

  /** Each report that was written; empty where it was taken out. */
  private final List<Map<String, String>> written = new ArrayList<>();

  private final Watch watch = registry.watch(NOTES, this::note);
  private final WaitingReporter reporter =
      WaitingReporter.builder()
          .id("checkout-1")
          .time(clock.scheduler(), clock::nanoTime)
          .open(registry, "inventory");
  private final RpcChannel channel =
      RpcChannel.to("memory:///inventory").registry(registry).intercept(reporter).build();

  private synchronized void note(Resolution update) {
    Map<String, String> tags =
        update instanceof Resolution.Bound bound
            ? bound.snapshot().endpoints().get(0).tags()
            : Map.of();
    if (written.isEmpty() || !written.get(written.size() - 1).equals(tags)) {
      written.add(tags);
    }
  }

  private synchronized List<Map<String, String>> written() {
    return List.copyOf(written);
  }

  private static Map<String, String> report(String calls, String perSecond) {
    return Map.of("calls", calls, "per-second", perSecond);
  }

  @AfterEach
  void close() {
    channel.close();
    reporter.close();
    watch.close();
    registry.close();
  }

  private InventoryAsync patient() {
    return InventoryRpc.asyncClient(
        channel.with(CallSettings.builder().policy(PATIENT).deadline(LONG).build()));
  }

  /** Makes calls, and returns once all of them wait. */
  private List<CompletableFuture<Reservation>> waiting(int count) {
    int before = reporter.waiting();
    List<CompletableFuture<Reservation>> calls = new ArrayList<>();
    InventoryAsync inventory = patient();
    for (int i = 0; i < count; i++) {
      calls.add(inventory.reserve(ReserveRequest.getDefaultInstance()).toCompletableFuture());
    }
    Await.until(count + " calls wait", () -> reporter.waiting() == before + count);
    return calls;
  }

  private RpcServer server() {
    return server(UnaryOperator.identity());
  }

  private RpcServer server(UnaryOperator<RpcServer.Builder> change) {
    return change
        .apply(
            RpcServer.builder("inventory")
                .host("127.0.0.1")
                .service(
                    InventoryRpc.bind(
                        new Inventory() {
                          @Override
                          public Reservation reserve(ReserveRequest request) {
                            return Reservation.getDefaultInstance();
                          }
                        }))
                .registry(registry)
                .timeouts(t -> t.deregistrationDelay(Duration.ZERO)))
        .start();
  }

  private ServiceLoadView view(Registry from) {
    return ServiceLoadView.builder().countWaitingCalls().open(from, "inventory");
  }

  @Test
  void aCallThatFindsNoInstanceStartsTheFirstOneAndIsAnswered() {
    List<Integer> wanted = new ArrayList<>();
    try (ServiceLoadView view = view(registry);
        Scaler scaler =
            Scaler.builder("inventory", view, ScalingPolicy.builder(50).min(0).build())
                .onDecision(decision -> wanted.add(decision.want()))
                .manual()) {
      Await.until("the registry has answered", () -> view.read().sample().offered().isPresent());
      scaler.tick();
      CompletableFuture<Reservation> call = waiting(1).get(0);
      scaler.tick();
      assertThat(wanted).as("nobody calls, as far as is known").containsExactly(0, 0);
      clock.advance(Duration.ofMillis(200));
      scaler.tick();
      assertThat(wanted).containsExactly(0, 0, 1);
      assertThat(String.valueOf(scaler.decision())).contains("up from 0: ");
      assertThat(view.read().sample().waiting()).isEqualTo(1);
      try (RpcServer first = server()) {
        assertThat(call.join()).isNotNull();
        assertThat(reporter.waiting()).isZero();
        clock.advance(Duration.ofSeconds(1));
        assertThat(view.read().sample().waiting()).isZero();
        assertThat(first.state().phase().name()).isEqualTo("SERVING");
      }
    }
    assertThat(written()).containsExactly(Map.of(), report("1", "1.00"), Map.of());
    assertThat(clock.scheduler().pendingTasks()).as("nothing is done while nobody waits").isZero();
  }

  @Test
  void whatHasWaitedIsNotCountedOnceMoreByTheFirstInstance() {
    LoadReporter ofServer = LoadReporter.builder().cpu(() -> -1).ticker(clock::nanoTime).build();
    List<CompletableFuture<Reservation>> calls = waiting(20);
    clock.advance(Duration.ofMillis(200));
    assertThat(written()).endsWith(report("20", "20.00"));
    try (RpcServer first =
        server(builder -> builder.observer(ofServer).intercept(ofServer.waited()))) {
      calls.forEach(CompletableFuture::join);
      Reservation unused =
          patient().reserve(ReserveRequest.getDefaultInstance()).toCompletableFuture().join();
      // The last one may not have been counted as ended yet; when it began is certain.
      clock.advance(Duration.ofSeconds(1));
      assertThat(ofServer.report().getNamedMetricsOrThrow("fairlead.offered_per_s"))
          .as("21 calls came, of which 20 were reported as waiting")
          .isBetween(0.8, 1.0);
      assertThat(first.state().phase().name()).isEqualTo("SERVING");
    }
  }

  @Test
  void aCallerCannotHideItsLoadForLong() {
    LoadReporter ofServer = LoadReporter.builder().cpu(() -> -1).ticker(clock::nanoTime).build();
    InventoryAsync hiding =
        InventoryRpc.asyncClient(
            channel.with(
                CallSettings.builder()
                    .policy(PATIENT)
                    .deadline(LONG)
                    .header("fairlead-waited", "1")
                    .build()));
    try (RpcServer server =
        server(builder -> builder.observer(ofServer).intercept(ofServer.waited()))) {
      clock.advance(Duration.ofSeconds(30));
      double before = ofServer.report().getNamedMetricsOrThrow("fairlead.offered_per_s");
      Reservation unused =
          hiding.reserve(ReserveRequest.getDefaultInstance()).toCompletableFuture().join();
      clock.advance(Duration.ofSeconds(1));
      assertThat(before).isZero();
      assertThat(ofServer.report().getNamedMetricsOrThrow("fairlead.offered_per_s")).isEqualTo(1);
      assertThat(server.state().phase().name()).isEqualTo("SERVING");
    }
  }

  @Test
  void aConnectionThatIsBeingMadeIsNoReport() {
    try (RpcServer server = server()) {
      for (int i = 0; i < 5; i++) {
        Reservation unused =
            patient().reserve(ReserveRequest.getDefaultInstance()).toCompletableFuture().join();
      }
      assertThat(reporter.waiting()).isZero();
      clock.advance(Duration.ofSeconds(10));
      assertThat(server.state().phase().name()).isEqualTo("SERVING");
    }
    assertThat(written()).containsExactly(Map.of());
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void callsThatGaveUpHadNoInstanceEither() {
    waiting(1).get(0).cancel(true);
    Await.until("it has left", () -> reporter.waiting() == 0);
    clock.advance(Duration.ofMillis(200));
    assertThat(written()).containsExactly(Map.of(), report("0", "1.00"));
    clock.advance(Duration.ofSeconds(1));
    assertThat(written()).containsExactly(Map.of(), report("0", "1.00"), Map.of());
  }

  @Test
  void whoeverDoesNotWaitIsNotCounted() {
    CompletableFuture<Reservation> failed =
        InventoryRpc.asyncClient(channel)
            .reserve(ReserveRequest.getDefaultInstance())
            .toCompletableFuture();
    Await.until("it has failed", failed::isDone);
    clock.advance(Duration.ofSeconds(5));
    assertThat(written()).containsExactly(Map.of());
  }

  @Test
  void thousandsOfCallsAreAWriteASecondAndNoneWithoutNews() {
    List<CompletableFuture<Reservation>> calls = waiting(2_000);
    clock.advance(Duration.ofMillis(200));
    assertThat(written()).containsExactly(Map.of(), report("2000", "2000.00"));
    calls.addAll(waiting(100));
    clock.advance(Duration.ofMillis(999));
    assertThat(written()).as("not within a second").hasSize(2);
    clock.advance(Duration.ofMillis(1));
    assertThat(written()).endsWith(report("2100", "100.00"));
    clock.advance(Duration.ofMinutes(10));
    assertThat(written())
        .as("nobody comes any more, and that is the last news")
        .hasSize(4)
        .endsWith(report("2100", "0.00"));
    calls.forEach(each -> each.cancel(true));
    Await.until("all have left", () -> reporter.waiting() == 0);
    clock.advance(Duration.ofSeconds(2));
    assertThat(written()).hasSizeLessThanOrEqualTo(6).endsWith(Map.of());
  }

  @Test
  void aReporterThatIsClosedLeavesNothingBehind() {
    List<CompletableFuture<Reservation>> calls = waiting(3);
    clock.advance(Duration.ofMillis(200));
    assertThat(written()).endsWith(report("3", "3.00"));
    reporter.close();
    assertThat(written()).endsWith(Map.of());
    assertThat(registry.services().toCompletableFuture().join()).isEmpty();
    calls.forEach(each -> each.cancel(true));
  }

  @Test
  void anEntryInTheRegistryIsNoEndpoint() {
    List<CompletableFuture<Reservation>> calls = waiting(1);
    List<Endpoint> found = new ArrayList<>();
    clock.advance(Duration.ofMillis(200));
    registry
        .watch(NOTES, each -> found.addAll(((Resolution.Bound) each).snapshot().endpoints()))
        .close();
    assertThat(found).hasSize(1);
    assertThat(found.get(0).id()).isEqualTo("checkout-1");
    assertThat(found.get(0).draining()).as("else it is kept when its process is killed").isTrue();
    assertThat(found.get(0).addresses().get(0).host()).endsWith(".invalid");
    calls.get(0).cancel(true);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 1.5, 3, 1.5",
    "many, some, 0, 0",
    "-1, -2, 0, 0",
    "NaN, Infinity, 0, 0",
    "1e300, 1e300, 0, 0",
    "'', '', 0, 0",
  })
  void whatSomebodyElseWritesThereIsNoLoad(
      String calls, String perSecond, int counted, double rate) {
    try (Registration note =
            registry.register(NOTES, entry("x", Map.of("calls", calls, "per-second", perSecond)));
        ServiceLoadView view = view(registry)) {
      Await.until("known", () -> view.read().sample().offered().isPresent());
      assertThat(view.read().sample().waiting()).isEqualTo(counted);
      assertThat(view.read().sample().waitingPerSecond()).isEqualTo(rate);
      assertThat(note.endpoint().id()).isEqualTo("x");
    }
  }

  private static Endpoint entry(String id, Map<String, String> tags) {
    return Endpoint.builder(id)
        .addresses(Address.grpc("x.invalid", 1))
        .tags(tags)
        .draining(true)
        .build();
  }

  @Test
  void allClientsAreAddedUpAlsoWhereAnEntryHasNoFigures() {
    try (Registration a = registry.register(NOTES, entry("a", report("3", "1.50")));
        Registration b = registry.register(NOTES, entry("b", report("4", "0.25")));
        Registration bare = registry.register(NOTES, entry("c", Map.of()));
        ServiceLoadView view = view(registry)) {
      Await.until("known", () -> view.read().sample().offered().isPresent());
      LoadSample sample = view.read().sample();
      assertThat(sample.waiting()).isEqualTo(8);
      assertThat(sample.waitingPerSecond()).isEqualTo(1.75);
      assertThat(sample.unserved()).isEqualTo(1.75);
      assertThat(LoadHistory.load(sample)).isEqualTo(1.75);
      assertThat(List.of(a, b, bare)).allMatch(each -> each.endpoint().draining());
    }
  }

  @Test
  void whereTheRegistryDoesNotKnowWhoWaitsTheLoadIsUnknown() {
    Resolution absent = new Resolution.Absent("inventory", 1);
    assertThat(unknown(absent, new Resolution.Pending()))
        .isEqualTo("the registry has not answered yet whose calls of inventory wait");
    assertThat(unknown(absent, new Resolution.Failed(NOTES, "no etcd")))
        .isEqualTo("the registry cannot say whose calls of inventory wait: no etcd");
    assertThat(
            unknown(
                absent,
                new Resolution.Bound(
                    new EndpointSnapshot(NOTES, 1, List.of(entry("a", Map.of()))),
                    Resolution.Freshness.STALE)))
        .isEqualTo("the registry's list of clients whose calls of inventory wait is STALE");
    assertThat(unknown(absent, absent)).isEmpty();
  }

  private static String unknown(Resolution ofService, Resolution ofClients) {
    Registry fixed =
        new Registry() {
          @Override
          public Registration register(String service, Endpoint endpoint) {
            throw new UnsupportedOperationException();
          }

          @Override
          public Watch watch(String service, Consumer<? super Resolution> observer) {
            observer.accept(service.equals(NOTES) ? ofClients : ofService);
            return () -> {};
          }

          @Override
          public CompletionStage<List<String>> services() {
            return CompletableFuture.completedFuture(List.of());
          }

          @Override
          public void close() {}
        };
    try (ServiceLoadView view =
        ServiceLoadView.builder().countWaitingCalls().open(fixed, "inventory")) {
      Await.until(
          "the list is taken",
          () -> !view.read().sample().unknownReason().equals("the registry has not answered yet"));
      return view.read().sample().unknownReason();
    }
  }

  @Test
  void anIdIsNotEmpty() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WaitingReporter.builder().id(" "))
        .withMessageContaining("use the id of the instance, such as \"checkout-1\"");
  }
}
