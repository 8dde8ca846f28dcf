package io.fairlead.samples.aiplatform.story;

import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.InferParameter;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** A model server gets more calls than it can answer: its limit, what it sheds, its recovery. */
final class StressChapter {
  private static final String ID = "stress-1";

  private static final String MODEL = "digits-heavy";

  /**
   * A run must cost far more than a call: then the limit is that of the server, and what it refuses
   * costs it next to nothing.
   */
  private static final int UNITS = 2_048;

  private static final int ROWS = 32;

  /** Requests that may wait. The bound in time is that of each model server. */
  private static final int WAITING = 32;

  /** The load in times of what the server can do. */
  private static final double OVERLOAD = 3;

  private static final int URGENT = 1;
  private static final int ORDINARY = 5;

  /** Says nothing of its priority, and comes last. */
  private static final int BULK = 0;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;

  /** How much longer each measurement is than in a short run. */
  private final int longer;

  private final GRPCInferenceServiceAsync server;

  StressChapter(Platform platform, Screen screen, TestImages test, int longer) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
    this.longer = longer;
    this.server =
        GRPCInferenceServiceRpc.asyncClient(platform.inference.with(Inference.instance(ID)));
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("Stress");
    Models models = new Models(platform.models);
    Network best = OnnxFile.read(models.get(TrainingChapter.MODEL, Kind.MODEL, 2).content());
    Artifact unusedArtifact =
        models.put(
            MODEL, Kind.MODEL, 0, OnnxFile.write(best.widened(UNITS)), Map.of("widened", "2"));
    ServingChapter.start(platform, ID, MODEL, 1, "batch=" + ROWS, "waiting=" + WAITING);
    ServingChapter.awaitReady(platform, ID, MODEL);
    double unused = callers(8, Duration.ofMillis(500), new Load());
    double limit = limit();
    double most = concurrency();
    // A moment in which the machine stood still may have made the first one too low.
    overload(Math.max(limit, most));
    List<CircuitBreakerStatus> open =
        platform.inference.breakers().stream()
            .filter(each -> each.phase() != CircuitBreakerStatus.Phase.CLOSED)
            .toList();
    screen.check(open.isEmpty(), "no circuit breaker took a refusal for a fault: %s", open);
    platform.drain(ServingChapter.SERVICE, ID);
  }

  private Duration window(int millis) {
    return Duration.ofMillis(millis).multipliedBy(longer);
  }

  private ModelInferRequest request(int priority) {
    List<float[]> rows = new ArrayList<>();
    for (Image image : test.images().subList(0, ROWS)) {
      rows.add(test.features(image));
    }
    ModelInferRequest.Builder request = Inference.request(MODEL, "stress", rows).toBuilder();
    if (priority != BULK) {
      request.putParameters(
          "priority", InferParameter.newBuilder().setInt64Param(priority).build());
    }
    return request.build();
  }

  private Load steady(double perSecond, Duration window) throws InterruptedException {
    ModelInferRequest request = request(ORDINARY);
    Load load = new Load();
    double unused =
        Traffic.steady(
            perSecond, window, Traffic.counted(load, number -> server.modelInfer(request)));
    return load;
  }

  private double callers(int callers, Duration window, Load load) throws InterruptedException {
    ModelInferRequest request = request(ORDINARY);
    return Traffic.callers(callers, window, load, number -> server.modelInfer(request));
  }

  /** Twice as many calls each time, until some are refused. Returns the most that were answered. */
  private double limit() throws InterruptedException {
    Duration window = window(1_000);
    double whole = 0;
    double limit = 0;
    Load load = new Load();
    double rate = 25;
    for (; load.failed() == 0 && rate <= 12_800; rate *= 2) {
      ModelInferRequest request = request(ORDINARY);
      load = new Load();
      double seconds =
          Traffic.steady(rate, window, Traffic.counted(load, number -> server.modelInfer(request)));
      double answered = load.answered() / seconds;
      screen.line(
          "  %,.0f calls/s with %d rows each: %,.0f/s answered, p99 %.0f ms, refused %s",
          rate, ROWS, answered, load.millis(0.99), load.failures());
      limit = Math.max(limit, answered);
      whole = load.failed() == 0 ? rate : whole;
    }
    screen.check(
        whole > 0 && refusedOnly(load),
        "stress: up to %,.0f calls/s none is refused, and at most %,.0f are answered (%,.0f"
            + " rows/s)",
        whole,
        limit,
        limit * ROWS);
    return limit;
  }

  private static boolean refusedOnly(Load load) {
    return load.failed() > 0 && load.failed() == load.failed(Status.Code.RESOURCE_EXHAUSTED);
  }

  /**
   * More callers at a time make more calls/s to some point, and longer waits after it. Returns the
   * most calls/s that were answered.
   */
  private double concurrency() throws InterruptedException {
    Duration window = window(700);
    int failed = 0;
    double most = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int callers : new int[] {1, 4, 16}) {
      Load load = new Load();
      double perSecond = callers(callers, window, load);
      failed += load.failed();
      most = Math.max(most, perSecond);
      least = Math.min(least, perSecond);
      screen.line(
          "  %d at a time: %,.0f calls/s, p50 %.1f ms, p99 %.1f ms, %d failed",
          callers, perSecond, load.millis(0.5), load.millis(0.99), load.failed());
    }
    int crowd = 8 * WAITING;
    Load load = new Load();
    double perSecond = callers(crowd, window, load);
    // A server that collapses answers next to nothing; a machine with other work answers less.
    screen.check(
        failed == 0 && refusedOnly(load) && perSecond >= least / 3,
        "concurrency: up to 16 at a time none is refused; %d at a time, each of which waits as its"
            + " refusal says: %,.0f calls/s, p99 %.0f ms, %,d refused",
        crowd,
        perSecond,
        load.millis(0.99),
        load.failed());
    return most;
  }

  private void overload(double limit) throws InterruptedException {
    double calm = 0.3 * limit;
    Load before = steady(calm, window(700));
    Load urgent = new Load();
    Load ordinary = new Load();
    Load bulk = new Load();
    ModelInferRequest[] requests = {request(URGENT), request(ORDINARY), request(BULK)};
    double seconds =
        Traffic.steady(
            OVERLOAD * limit,
            window(2_500),
            new Traffic.Calls() {
              @Override
              public CompletionStage<?> begin(int number) {
                return server.modelInfer(requests[kind(number)]);
              }

              @Override
              public Load load(int number) {
                return List.of(urgent, ordinary, bulk).get(kind(number));
              }
            });
    recovery(before, calm);
    int answered = urgent.answered() + ordinary.answered() + bulk.answered();
    screen.check(
        answered / seconds >= limit / 2
            && refusedOnly(bulk)
            && ordinary.failed() == ordinary.failed(Status.Code.RESOURCE_EXHAUSTED)
            && urgent.failed() == urgent.failed(Status.Code.RESOURCE_EXHAUSTED),
        "%.1f times the limit: %,.0f calls/s are answered, and the others refused with"
            + " RESOURCE_EXHAUSTED",
        OVERLOAD,
        answered / seconds);
    screen.check(
        share(urgent) >= 0.9 && share(urgent) >= share(ordinary) && share(ordinary) > share(bulk),
        "shedding by priority: answered are %.1f %% of the urgent calls (p99 %.0f ms), %.1f %% of"
            + " the ordinary ones (p99 %.0f ms), %.1f %% of those without a priority",
        100 * share(urgent),
        urgent.millis(0.99),
        100 * share(ordinary),
        ordinary.millis(0.99),
        100 * share(bulk));
  }

  /** Of ten calls one is urgent, four are ordinary, and the others have no priority. */
  private static int kind(int number) {
    int place = number % 10;
    if (place == 0) {
      return 0;
    }
    return place % 2 == 0 ? 1 : 2;
  }

  private static double share(Load load) {
    return (double) load.answered() / Math.max(1, load.answered() + load.failed());
  }

  private void recovery(Load before, double calm) throws InterruptedException {
    long begin = System.nanoTime();
    double bound = 2 * before.millis(0.9) + 20;
    Load now;
    double after;
    do {
      after = (System.nanoTime() - begin) / 1e9;
      now = steady(calm, Duration.ofMillis(250));
    } while ((now.failed() > 0 || now.millis(0.9) > bound) && after < 10);
    screen.check(
        now.failed() == 0 && now.millis(0.9) <= bound,
        "recovery: %.2f s after the overload none of %,.0f calls/s is refused, and nine of ten take"
            + " %.1f ms at most (%.1f ms before it)",
        after,
        calm,
        now.millis(0.9),
        before.millis(0.9));
  }
}
