package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.testkit.FaultyProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Model servers are killed, paused and cut off, while calls go on. */
final class ChaosChapter {
  private static final int AT_A_TIME = 8;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;

  ChaosChapter(Platform platform, Screen screen, TestImages test) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
  }

  /** What happens to a process in the middle of a load. */
  @FunctionalInterface
  private interface Fault {
    void begin() throws InterruptedException;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("Chaos");
    String model = TrainingChapter.MODEL;
    ServingChapter.start(platform, "model-5", model, 2, "batch=32");
    int port = freePort();
    try (FaultyProxy between = FaultyProxy.to("127.0.0.1", port)) {
      ServingChapter.start(
          platform,
          "model-6",
          model,
          2,
          "batch=32",
          "port=" + port,
          "advertise=" + between.authority());
      play(model, between);
    }
  }

  private void play(String model, FaultyProxy between) throws InterruptedException {
    ServingChapter.awaitReady(platform, "model-5", model);
    ServingChapter.awaitReady(platform, "model-6", model);
    Load calm = under(() -> {});
    tell("three model servers, nothing happens", calm, calm);
    tell("one is killed with -9", under(() -> platform.fleet().kill("model-5")), calm);
    tell("one is paused", under(() -> platform.fleet().signal("model-6", "STOP")), calm);
    tell("it goes on", under(() -> platform.fleet().signal("model-6", "CONT")), calm);
    tell("the connection to one is cut", under(between::cut), calm);
    tell("the network to one swallows all", under(between::blackHole), calm);
    tell("and heals", under(between::heal), calm);
    platform.drain(ServingChapter.SERVICE, "model-6");
  }

  /** A port that nobody uses now. */
  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("there is no free port", e);
    }
  }

  /** Runs a load for three seconds; what happens, happens after one of them. */
  private Load under(Fault fault) throws InterruptedException {
    GRPCInferenceServiceAsync servers =
        GRPCInferenceServiceRpc.asyncClient(
            platform.inference.with(Inference.version(TrainingChapter.MODEL, 2)));
    Load load = new Load();
    Semaphore places = new Semaphore(AT_A_TIME);
    long begin = System.nanoTime();
    boolean happened = false;
    for (int i = 0; System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(3); i++) {
      if (!happened && System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(1)) {
        fault.begin();
        happened = true;
      }
      Image image = test.images().get(i % test.images().size());
      places.acquire();
      long start = System.nanoTime();
      CompletableFuture<?> unused =
          servers
              .modelInfer(
                  Inference.request(
                      TrainingChapter.MODEL, image.getId(), List.of(test.features(image))))
              .whenComplete(
                  (answer, failure) -> {
                    load.end(start, failure);
                    places.release();
                  })
              .toCompletableFuture();
    }
    places.acquire(AT_A_TIME);
    return load;
  }

  private void tell(String what, Load load, Load calm) {
    screen.check(
        load.failed() == 0 && load.answered() > calm.answered() / 10,
        "%s: %,d calls in 3 s, %d failed, p50 %.1f ms, p99 %.1f ms, the slowest %.0f ms",
        what,
        load.answered() + load.failed(),
        load.failed(),
        load.millis(0.5),
        load.millis(0.99),
        load.millis(1));
  }
}
