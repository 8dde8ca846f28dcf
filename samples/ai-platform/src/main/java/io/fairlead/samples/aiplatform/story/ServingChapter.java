package io.fairlead.samples.aiplatform.story;

import com.google.rpc.BadRequest;
import io.fairlead.RpcException;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceService;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelReadyRequest;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.serving.ModelServer;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Models are served: the same answers as the trainer's, in batches, and bad requests refused. */
final class ServingChapter {
  static final String SERVICE = GRPCInferenceServiceRpc.SERVICE_NAME;

  private static final double TOLERANCE = 1e-5;
  private static final String DROPPED = "dropped_cancelled";
  private static final int ROUNDS = 500;
  private static final int AT_A_TIME = 64;
  private static final Duration WINDOW = Duration.ofSeconds(2);

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;

  ServingChapter(Platform platform, Screen screen, TestImages test) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
  }

  void play() throws InterruptedException {
    screen.line("");
    screen.line("3. Serving");
    start("model-1", 1, "batch=32");
    parity(1);
    refusals();
    dropped();
    start("model-2", 2, "batch=1");
    parity(2);
    Load without = load(2);
    platform.drain(SERVICE, "model-2");
    start("model-2", 2, "batch=32");
    Load with = load(2);
    tell("one by one", without);
    tell("in batches", with);
    screen.check(
        with.meanBatch() > 2 && with.failed() + without.failed() == 0,
        "batching: %.1f rows a run in place of %.1f, %.2f times the calls/s, %d calls failed",
        with.meanBatch(),
        without.meanBatch(),
        with.perSecond() / without.perSecond(),
        with.failed() + without.failed());
  }

  private void start(String id, int version, String... settings) throws InterruptedException {
    start(platform, id, version, settings);
  }

  /** Starts a model server, and waits until it takes calls. */
  static void start(Platform platform, String id, int version, String... settings)
      throws InterruptedException {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("model=" + TrainingChapter.MODEL);
    all.add("version=" + version);
    platform.fleet().start(ModelServer.class, id, all.toArray(String[]::new));
    GRPCInferenceService servers =
        GRPCInferenceServiceRpc.client(platform.inference.with(Inference.version(version)));
    ModelReadyRequest request =
        ModelReadyRequest.newBuilder().setName(TrainingChapter.MODEL).build();
    platform.awaitCall(
        id + " takes calls",
        () ->
            platform.endpoints(SERVICE).containsKey(id) && servers.modelReady(request).getReady());
  }

  private GRPCInferenceService servers(int version) {
    return GRPCInferenceServiceRpc.client(platform.inference.with(Inference.version(version)));
  }

  /** Compares what a server answers with the arithmetic of the trainer, for each test image. */
  private void parity(int version) {
    Models.Download file =
        new Models(platform.models).get(TrainingChapter.MODEL, Kind.MODEL, version);
    Network network = OnnxFile.read(file.content());
    double largest = 0;
    for (Image image : test.images()) {
      float[] values = test.features(image);
      float[] served =
          Inference.probabilities(
              servers(version)
                  .modelInfer(
                      Inference.request(TrainingChapter.MODEL, image.getId(), List.of(values))));
      float[] trained = network.predict(values);
      for (int i = 0; i < served.length; i++) {
        largest = Math.max(largest, Math.abs(served[i] - trained[i]));
      }
    }
    screen.check(
        largest <= TOLERANCE,
        "version %d in ONNX Runtime against the trainer, %d test images: |dp| at most %.1e"
            + " (bound: %.0e)",
        version,
        test.images().size(),
        largest,
        TOLERANCE);
  }

  private void refusals() throws InterruptedException {
    ModelInferRequest good =
        Inference.request(TrainingChapter.MODEL, "1", List.of(test.features(test.images().get(0))));
    RpcException unknown = failure(good.toBuilder().setModelName("letters").build());
    screen.check(code(unknown) == Status.Code.NOT_FOUND, "an unknown model: %s", text(unknown));
    ModelInferRequest wrong =
        Inference.request(TrainingChapter.MODEL, "1", List.of(new float[] {1, 2, 3}));
    RpcException shape = failure(wrong);
    String field =
        shape == null
            ? ""
            : shape
                .detail(BadRequest.class)
                .map(detail -> detail.getFieldViolations(0).getField())
                .orElse("");
    screen.check(
        code(shape) == Status.Code.INVALID_ARGUMENT && field.equals("inputs[0].shape"),
        "a wrong shape: %s (field %s)",
        text(shape),
        field);
    Metrics metrics = new Metrics(platform.fleet());
    platform.await(
        "model-1 has counted both",
        () ->
            metrics.calls("model-1", "NOT_FOUND") > 0
                && metrics.calls("model-1", "INVALID_ARGUMENT") > 0);
    screen.check(
        true,
        "the metrics of model-1 count %d NOT_FOUND and %d INVALID_ARGUMENT",
        metrics.calls("model-1", "NOT_FOUND"),
        metrics.calls("model-1", "INVALID_ARGUMENT"));
  }

  private @Nullable RpcException failure(ModelInferRequest request) {
    try {
      ModelInferResponse unused = servers(1).modelInfer(request);
      return null;
    } catch (RpcException e) {
      return e;
    }
  }

  private static Status.@Nullable Code code(@Nullable RpcException failure) {
    return failure == null ? null : failure.code();
  }

  private static String text(@Nullable RpcException failure) {
    return failure == null
        ? "answered"
        : failure.code() + ", " + failure.getStatus().getDescription();
  }

  /** Callers that leave at once: what they asked for must not be computed. */
  private void dropped() throws InterruptedException {
    ModelMetadataResponse before = metadata(1);
    GRPCInferenceServiceAsync servers =
        GRPCInferenceServiceRpc.asyncClient(platform.inference.with(Inference.version(1)));
    float[] values = test.features(test.images().get(0));
    int calls = 0;
    long dropped = 0;
    for (int round = 0; round < ROUNDS && (round < 20 || dropped == 0); round++) {
      List<CompletableFuture<?>> left = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        left.add(
            servers
                .modelInfer(Inference.request(TrainingChapter.MODEL, "leaver", List.of(values)))
                .toCompletableFuture());
      }
      // Time for the requests to come there, less than a batch waits for others.
      Thread.sleep(1);
      left.forEach(call -> call.cancel(true));
      calls += left.size();
      dropped = property(metadata(1), DROPPED) - property(before, DROPPED);
    }
    screen.check(
        dropped > 0,
        "%d callers left at once: %d of their requests were dropped before they cost anything",
        calls,
        dropped);
  }

  private ModelMetadataResponse metadata(int version) {
    return servers(version)
        .modelMetadata(ModelMetadataRequest.newBuilder().setName(TrainingChapter.MODEL).build());
  }

  private static long property(ModelMetadataResponse metadata, String name) {
    return Long.parseLong(metadata.getPropertiesOrDefault(name, "0"));
  }

  /** What a load came to. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Load(double perSecond, long[] micros, double meanBatch, int failed) {
    double percentile(double share) {
      return micros.length == 0
          ? 0
          : micros[Math.min(micros.length - 1, (int) (share * micros.length))] / 1e3;
    }
  }

  private Load load(int version) throws InterruptedException {
    run(version, Duration.ofMillis(700));
    ModelMetadataResponse before = metadata(version);
    Load load = run(version, WINDOW);
    ModelMetadataResponse after = metadata(version);
    double rows = property(after, "rows") - property(before, "rows");
    double batches = property(after, "batches") - property(before, "batches");
    return new Load(load.perSecond(), load.micros(), rows / batches, load.failed());
  }

  private Load run(int version, Duration window) throws InterruptedException {
    GRPCInferenceServiceAsync servers =
        GRPCInferenceServiceRpc.asyncClient(platform.inference.with(Inference.version(version)));
    Semaphore places = new Semaphore(AT_A_TIME);
    List<Long> micros = new ArrayList<>();
    AtomicInteger failed = new AtomicInteger();
    long begin = System.nanoTime();
    for (int i = 0; System.nanoTime() - begin < window.toNanos(); i++) {
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
                    if (failure != null) {
                      failed.incrementAndGet();
                    }
                    synchronized (micros) {
                      micros.add((System.nanoTime() - start) / 1_000);
                    }
                    places.release();
                  })
              .toCompletableFuture();
    }
    places.acquire(AT_A_TIME);
    double seconds = (System.nanoTime() - begin) / 1e9;
    synchronized (micros) {
      long[] sorted = micros.stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(sorted);
      return new Load(sorted.length / seconds, sorted, 0, failed.get());
    }
  }

  private void tell(String how, Load load) {
    screen.line(
        "  %s: %,.0f calls/s, p50 %.1f ms, p99 %.1f ms, %d at a time",
        how, load.perSecond(), load.percentile(0.5), load.percentile(0.99), AT_A_TIME);
  }
}
