package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.InferParameter;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.common.Inference;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A model server gets more calls than it can answer: what it sheds, and how it recovers. */
final class StressChapter {
  private static final String ID = "stress-1";
  private static final Duration WINDOW = Duration.ofSeconds(3);

  /** The load in times of what the server can do. */
  private static final double OVERLOAD = 2;

  /** One request of this many is urgent. */
  private static final int URGENT = 8;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;

  StressChapter(Platform platform, Screen screen, TestImages test) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("Stress");
    // One row a run, so that the server is slower than those who call it.
    ServingChapter.start(platform, ID, ServingChapter.WIDE, 1, "batch=1", "waiting=64");
    ServingChapter.awaitReady(platform, ID, ServingChapter.WIDE);
    double unused = saturate(Duration.ofMillis(700), new Load());
    double alone = alone();
    Load load = new Load();
    double limit = saturate(WINDOW, load);
    screen.line(
        "  the limit: %,.0f calls/s, p50 %.1f ms, p99 %.1f ms",
        limit, load.millis(0.5), load.millis(0.99));
    overload(limit);
    recovery(alone);
    platform.drain(ServingChapter.SERVICE, ID);
  }

  private double saturate(Duration window, Load load) throws InterruptedException {
    // Fewer at a time than may wait, so that none is refused.
    return ServingChapter.saturate(platform, test, ID, ServingChapter.WIDE, 48, window, load);
  }

  /** Calls come at a steady rate, whether or not the ones before were answered. */
  private void overload(double limit) throws InterruptedException {
    GRPCInferenceServiceAsync server =
        GRPCInferenceServiceRpc.asyncClient(platform.inference.with(Inference.instance(ID)));
    Load urgent = new Load();
    Load ordinary = new Load();
    List<CompletableFuture<?>> calls = new ArrayList<>();
    double gapNanos = 1e9 / (OVERLOAD * limit);
    long begin = System.nanoTime();
    int sent = 0;
    while (System.nanoTime() - begin < WINDOW.toNanos()) {
      long wait = (long) (begin + sent * gapNanos) - System.nanoTime();
      if (wait > 100_000) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      boolean first = sent % URGENT == 0;
      Load load = first ? urgent : ordinary;
      long start = System.nanoTime();
      calls.add(
          server
              .modelInfer(request(sent, first ? 1 : 5))
              .handle(
                  (answer, failure) -> {
                    load.end(start, failure);
                    return answer;
                  })
              .toCompletableFuture());
      sent++;
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    calls.forEach(CompletableFuture::join);
    int answered = urgent.answered() + ordinary.answered();
    int refused =
        urgent.failed(Status.Code.RESOURCE_EXHAUSTED)
            + ordinary.failed(Status.Code.RESOURCE_EXHAUSTED);
    screen.check(
        answered / seconds >= 0.7 * limit && refused > 0,
        "%,.0f calls/s, %.1f times the limit: %,.0f calls/s are answered, %,d are refused with"
            + " RESOURCE_EXHAUSTED",
        sent / seconds,
        sent / seconds / limit,
        answered / seconds,
        refused);
    screen.check(
        urgent.failed() == 0 && ordinary.failed() == refused,
        "shedding by priority: of %,d urgent calls %d failed (p99 %.0f ms), of %,d others %,d %s"
            + " (p99 %.0f ms)",
        urgent.answered() + urgent.failed(),
        urgent.failed(),
        urgent.millis(0.99),
        ordinary.answered() + ordinary.failed(),
        ordinary.failed(),
        ordinary.failures(),
        ordinary.millis(0.99));
  }

  private ModelInferRequest request(int number, int priority) {
    Image image = test.images().get(number % test.images().size());
    return Inference.request(ServingChapter.WIDE, image.getId(), List.of(test.features(image)))
        .toBuilder()
        .putParameters("priority", InferParameter.newBuilder().setInt64Param(priority).build())
        .build();
  }

  /** Returns how long a call takes when there is no other, in milliseconds. */
  private double alone() {
    Load load = new Load();
    GRPCInferenceService server =
        GRPCInferenceServiceRpc.client(platform.inference.with(Inference.instance(ID)));
    for (int i = 0; i < 50; i++) {
      long begin = System.nanoTime();
      ModelInferResponse unused = server.modelInfer(request(i, 5));
      load.end(begin, null);
    }
    return load.millis(0.5);
  }

  private void recovery(double before) {
    long begin = System.nanoTime();
    double now = alone();
    while (now > 2 * before + 1 && System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(10)) {
      now = alone();
    }
    screen.check(
        now <= 2 * before + 1,
        "recovery: %.1f s after the overload a call takes %.1f ms again, %.1f ms before it",
        (System.nanoTime() - begin) / 1e9,
        now,
        before);
  }
}
