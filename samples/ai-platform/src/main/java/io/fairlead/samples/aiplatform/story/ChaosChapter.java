package io.fairlead.samples.aiplatform.story;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.testkit.FaultyProxy;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Model servers are killed, paused and cut off, while calls go on and none of them fails. */
final class ChaosChapter {
  private static final String MODEL = TrainingChapter.MODEL;
  private static final int VERSION = 2;
  private static final int CALLS_PER_SECOND = 150;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;

  /** How much longer each fault lasts than in a short run. */
  private final int longer;

  private final Moves moves = new Moves();
  private final GRPCInferenceServiceAsync servers;
  private final GRPCInferenceService blocking;

  ChaosChapter(Platform platform, Screen screen, TestImages test, int longer) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.longer = longer;
    // A channel of its own, for few calls: four that fail open a breaker, and a server that says
    // nothing for 1.8 s is taken for dead.
    CircuitBreakerPolicy quick =
        CircuitBreakerPolicy.builder()
            .window(Duration.ofSeconds(2))
            .minimumSamples(4)
            .openFor(Duration.ofSeconds(1))
            .probes(1)
            .build();
    RpcChannel channel =
        platform.channel(
            GRPCInferenceServiceRpc.service(),
            builder ->
                Inference.policy(builder, quick)
                    .endpointKeepAlive(Duration.ofSeconds(1))
                    .observer(moves));
    CallSettings version = Inference.version(MODEL, VERSION);
    servers = GRPCInferenceServiceRpc.asyncClient(channel.with(version));
    blocking = GRPCInferenceServiceRpc.client(channel.with(version));
  }

  /** What the channel did about a fault, with the time since it began. */
  private static final class Moves implements CallObserver {
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private volatile long begin = System.nanoTime();

    void restart() {
      seen.clear();
      begin = System.nanoTime();
    }

    private void add(String what) {
      seen.add(
          String.format(Locale.ROOT, "%s after %.1f s", what, (System.nanoTime() - begin) / 1e9));
    }

    @Override
    public void callEnded(CallOutcome outcome) {}

    @Override
    public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
      add("the breaker of " + breaker.name() + " is " + breaker.phase());
    }

    @Override
    public void outlierFound(String target, String endpoint, String rule, boolean ejected) {
      if (ejected) {
        add(endpoint + " is ejected (" + rule + ")");
      }
    }
  }

  /** What happens to a process in the middle of a load. */
  @FunctionalInterface
  private interface Fault {
    void begin() throws InterruptedException;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("Chaos");
    int port = Children.freePort();
    try (FaultyProxy between = FaultyProxy.to("127.0.0.1", port)) {
      ServingChapter.start(platform, "chaos-1", MODEL, VERSION, "batch=32");
      ServingChapter.start(
          platform,
          "chaos-2",
          MODEL,
          VERSION,
          "batch=32",
          "port=" + port,
          "advertise=" + between.authority());
      ServingChapter.awaitReady(platform, "chaos-1", MODEL);
      ServingChapter.awaitReady(platform, "chaos-2", MODEL);
      play(between);
    }
  }

  private void play(FaultyProxy between) throws InterruptedException {
    Fleet fleet = platform.fleet();
    awaitAnswers("model-3", "chaos-1", "chaos-2");
    under("three model servers, nothing happens", 1_000, () -> {});
    under("one is paused (SIGSTOP)", 3_000, () -> fleet.signal("chaos-1", "STOP"));
    under("it goes on (SIGCONT)", 1_000, () -> fleet.signal("chaos-1", "CONT"));
    awaitAnswers("model-3", "chaos-1", "chaos-2");
    under("it is killed with -9", 1_500, () -> fleet.kill("chaos-1"));
    under("the connection to another is cut", 1_000, between::cut);
    under("the network to it carries nothing", 3_000, between::blackHole);
    under("and is there again", 1_000, between::heal);
    awaitAnswers("model-3", "chaos-2");
    platform.drain(ServingChapter.SERVICE, "chaos-2");
  }

  /** What was put out of the way by a fault must come back by itself. */
  private void awaitAnswers(String... ids) throws InterruptedException {
    Set<String> answered = ConcurrentHashMap.newKeySet();
    platform.awaitCall(
        List.of(ids) + " answer",
        () -> {
          answered.add(Inference.servedBy(blocking.modelInfer(request(0))));
          return answered.equals(Set.of(ids));
        });
  }

  private ModelInferRequest request(int number) {
    Image image = test.images().get(number % test.images().size());
    return Inference.request(MODEL, image.getId(), List.of(test.features(image)));
  }

  /** Runs a steady load for a while; what happens, happens at its begin. */
  private void under(String what, int millis, Fault fault) throws InterruptedException {
    Load load = new Load();
    moves.restart();
    fault.begin();
    double unused =
        Traffic.steady(
            CALLS_PER_SECOND,
            Duration.ofMillis(millis).multipliedBy(longer),
            Traffic.counted(load, number -> servers.modelInfer(request(number))));
    screen.check(
        load.failed() == 0,
        "%s: %,d calls in %.1f s, %d failed %s, p50 %.1f ms, p99 %.1f ms, the slowest %.0f ms",
        what,
        load.answered() + load.failed(),
        millis * longer / 1e3,
        load.failed(),
        load.failures(),
        load.millis(0.5),
        load.millis(0.99),
        load.millis(1));
    moves.seen.forEach(move -> screen.line("  " + move));
  }
}
