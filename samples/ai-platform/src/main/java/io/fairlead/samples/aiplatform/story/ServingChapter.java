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
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.samples.aiplatform.serving.ModelServer;
import io.fairlead.samples.aiplatform.training.Network;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Models are served: the same answers as the trainer's, in batches, and bad requests refused. */
final class ServingChapter {
  static final String SERVICE = GRPCInferenceServiceRpc.SERVICE_NAME;

  private static final double TOLERANCE = 1e-5;
  private static final String DROPPED = "dropped_cancelled";
  private static final int ROUNDS = 500;

  /** Four batches: one runs, one waits, and the answers of others are on their way. */
  private static final int AT_A_TIME = 128;

  static final String WIDE = "digits-wide";
  private static final int WIDE_UNITS = 1_024;
  private static final double BATCHING_FLOOR = 1.5;
  private static final Duration WINDOW = Duration.ofMillis(800);
  private static final int ROUNDS_OF_LOAD = 2;

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
    // One after the other: JVMs that start together wait for each other on two processors.
    start(platform, "model-1", TrainingChapter.MODEL, 1, "batch=32");
    awaitReady(platform, "model-1", TrainingChapter.MODEL);
    start(platform, "model-2", TrainingChapter.MODEL, 2, "batch=32");
    awaitReady(platform, "model-2", TrainingChapter.MODEL);
    start(platform, "single-2", TrainingChapter.MODEL, 2, "batch=1");
    awaitReady(platform, "single-2", TrainingChapter.MODEL);
    Network first = network(1);
    Network best = network(2);
    parity("model-1", TrainingChapter.MODEL, first, "version 1");
    parity("model-2", TrainingChapter.MODEL, best, "version 2");
    refusals();
    dropped();
    compare(TrainingChapter.MODEL, best, "single-2", "model-2");
    platform.drain(SERVICE, "single-2");
    wide(best);
  }

  /** The same function in a network whose run costs more than the call that asks for it. */
  private void wide(Network best) throws InterruptedException {
    Network wide = best.widened(WIDE_UNITS);
    Artifact unused =
        new Models(platform.models)
            .put(WIDE, Kind.MODEL, 0, OnnxFile.write(wide), Map.of("widened", "2"));
    start(platform, "wide-1", WIDE, 1, "batch=1");
    awaitReady(platform, "wide-1", WIDE);
    start(platform, "wide-2", WIDE, 1, "batch=32");
    awaitReady(platform, "wide-2", WIDE);
    parity("wide-2", WIDE, best, "version 2, widened,");
    double gain = compare(WIDE, wide, "wide-1", "wide-2");
    screen.check(
        gain >= BATCHING_FLOOR,
        "batching gives %.2f times the calls/s where a run costs more than a call (floor: %.1f)",
        gain,
        BATCHING_FLOOR);
    platform.drain(SERVICE, "wide-1");
    platform.drain(SERVICE, "wide-2");
  }

  private Network network(int version) {
    return OnnxFile.read(
        new Models(platform.models).get(TrainingChapter.MODEL, Kind.MODEL, version).content());
  }

  /** Starts a model server. */
  static void start(Platform platform, String id, String model, int version, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("model=" + model);
    all.add("version=" + version);
    platform.fleet().start(ModelServer.class, id, all.toArray(String[]::new));
  }

  /** Waits until a model server takes calls. */
  static void awaitReady(Platform platform, String id, String model) throws InterruptedException {
    GRPCInferenceService server =
        GRPCInferenceServiceRpc.client(platform.inference.with(Inference.instance(id)));
    ModelReadyRequest request = ModelReadyRequest.newBuilder().setName(model).build();
    platform.awaitCall(
        id + " takes calls",
        () -> platform.endpoints(SERVICE).containsKey(id) && server.modelReady(request).getReady());
  }

  private GRPCInferenceService server(String id) {
    return GRPCInferenceServiceRpc.client(platform.inference.with(Inference.instance(id)));
  }

  /** Compares what a server answers with the arithmetic of the trainer, for each test image. */
  private void parity(String id, String model, Network network, String what) {
    double largest = 0;
    for (Image image : test.images()) {
      float[] values = test.features(image);
      float[] served =
          Inference.probabilities(
              server(id).modelInfer(Inference.request(model, image.getId(), List.of(values))));
      largest = Math.max(largest, difference(served, network.predict(values)));
    }
    screen.check(
        largest <= TOLERANCE,
        "%s in ONNX Runtime against the trainer, %d test images: |dp| at most %.1e (bound: %.0e)",
        what,
        test.images().size(),
        largest,
        TOLERANCE);
  }

  /** Returns how far two answers are apart, at most. */
  static double difference(float[] one, float[] other) {
    double largest = one.length == other.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < Math.min(one.length, other.length); i++) {
      largest = Math.max(largest, Math.abs(one[i] - other[i]));
    }
    return largest;
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
    Metrics metrics = new Metrics(platform);
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
      ModelInferResponse unused = server("model-1").modelInfer(request);
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
    ModelMetadataResponse before = metadata("model-1", TrainingChapter.MODEL);
    GRPCInferenceServiceAsync servers =
        GRPCInferenceServiceRpc.asyncClient(platform.inference.with(Inference.instance("model-1")));
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
      dropped =
          property(metadata("model-1", TrainingChapter.MODEL), DROPPED) - property(before, DROPPED);
    }
    screen.check(
        dropped > 0,
        "%d callers left at once: %d of their requests were dropped before they cost anything",
        calls,
        dropped);
  }

  private ModelMetadataResponse metadata(String id, String model) {
    return server(id).modelMetadata(ModelMetadataRequest.newBuilder().setName(model).build());
  }

  private static long property(ModelMetadataResponse metadata, String name) {
    return Long.parseLong(metadata.getPropertiesOrDefault(name, "0"));
  }

  /** What a server did under load, in all rounds. */
  private static final class Measured {
    private final Load load = new Load();
    private double callsPerSecond;
    private double rows;
    private double batches;
    private double busyMicros;

    double perSecond() {
      return callsPerSecond / ROUNDS_OF_LOAD;
    }

    double meanBatch() {
      return rows / batches;
    }

    /** Returns the microseconds of a run. */
    double run() {
      return busyMicros / batches;
    }
  }

  /** Loads two servers of a model in turn. Returns how many times as much the second does. */
  private double compare(String model, Network network, String single, String batching)
      throws InterruptedException {
    Measured without = new Measured();
    Measured with = new Measured();
    // By turns: what else the machine does then meets both.
    for (int round = 0; round < ROUNDS_OF_LOAD; round++) {
      measure(single, model, without);
      measure(batching, model, with);
    }
    tell(model, "one by one", without);
    tell(model, "in batches", with);
    double gain = with.perSecond() / without.perSecond();
    // Without batches, a machine with other work may have less room than there are callers.
    int refused = without.load.failed(Status.Code.RESOURCE_EXHAUSTED);
    int failed = with.load.failed() + without.load.failed() - refused;
    screen.check(
        with.meanBatch() > 2 && failed == 0,
        "%s (%,d parameters): %.1f rows a run in place of %.1f, %.2f times the calls/s,"
            + " %d refused one by one, %d failed",
        model,
        network.size(),
        with.meanBatch(),
        without.meanBatch(),
        gain,
        refused,
        failed);
    return gain;
  }

  private void measure(String id, String model, Measured measured) throws InterruptedException {
    double unused = saturate(id, model, Duration.ofMillis(300), new Load());
    ModelMetadataResponse before = metadata(id, model);
    measured.callsPerSecond += saturate(id, model, WINDOW, measured.load);
    ModelMetadataResponse after = metadata(id, model);
    measured.rows += property(after, "rows") - property(before, "rows");
    measured.batches += property(after, "batches") - property(before, "batches");
    measured.busyMicros += property(after, "busy_micros") - property(before, "busy_micros");
  }

  private double saturate(String id, String model, Duration window, Load load)
      throws InterruptedException {
    GRPCInferenceServiceAsync server =
        GRPCInferenceServiceRpc.asyncClient(platform.inference.with(Inference.instance(id)));
    return Traffic.callers(
        AT_A_TIME,
        window,
        load,
        number -> {
          Image image = test.images().get(number % test.images().size());
          return server.modelInfer(
              Inference.request(model, image.getId(), List.of(test.features(image))));
        });
  }

  private void tell(String model, String how, Measured measured) {
    screen.line(
        "  %s %s: %,.0f calls/s, p50 %.1f ms, p99 %.1f ms, %d at a time; a run of %.1f rows takes"
            + " %,.0f us",
        model,
        how,
        measured.perSecond(),
        measured.load.millis(0.5),
        measured.load.millis(0.99),
        AT_A_TIME,
        measured.meanBatch(),
        measured.run());
  }
}
