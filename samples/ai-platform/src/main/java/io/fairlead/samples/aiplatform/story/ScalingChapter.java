package io.fairlead.samples.aiplatform.story;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceAsync;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.scaling.Scaler;
import io.fairlead.scaling.ScalingPolicy;
import io.fairlead.scaling.ServiceLoadView;
import io.fairlead.scaling.WaitingReporter;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * The servers of a model follow its load: none while nobody asks, one for the first call, three for
 * three times what one is to carry, and one again. No call fails on the way.
 */
final class ScalingChapter {
  /** The model, and the name that its servers register under: no others are to be counted. */
  private static final String MODEL = ServingChapter.WIDE;

  private static final int ROWS = 8;

  /** Far below what a server can do, as they share two processors here. */
  private static final int CAPACITY = 20;

  private static final int MOST = 3;
  private static final double CALM = 15;
  private static final double BUSY = 50;

  /** Windows of a tenth of the default, as the story is to end. */
  private static final ScalingPolicy POLICY =
      ScalingPolicy.builder(CAPACITY)
          .min(0)
          .max(MOST)
          .startTime(Duration.ofSeconds(4))
          .windows(Duration.ofSeconds(2), Duration.ofSeconds(4))
          .downWindow(Duration.ofSeconds(5))
          .downStep(1)
          .build();

  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MOST_PROCESSES = 10;

  private final Platform platform;
  private final Screen screen;
  private final TestImages test;

  private volatile int ready;
  private int processes;

  ScalingChapter(Platform platform, Screen screen, TestImages test) {
    this.platform = platform;
    this.screen = screen;
    this.test = test;
  }

  void play() throws InterruptedException, IOException {
    screen.line("");
    screen.line("Scaling");
    if (platform.certificates().isPresent()) {
      screen.line("  left out: the servers of --tls have names that this decider does not know");
      return;
    }
    // Nobody trains now, and their places are wanted: there are ten processes at most.
    for (String trainer : platform.endpoints(TrainerRpc.SERVICE_NAME).keySet()) {
      if (platform.fleet().isAlive(trainer)) {
        platform.drain(TrainerRpc.SERVICE_NAME, trainer);
      }
    }
    String token = UUID.randomUUID().toString();
    Path file = written(platform.fleet().folder("scaling"), token);
    ModelServers servers =
        new ModelServers(
            platform.fleet(),
            screen,
            "scaled",
            "model=" + MODEL,
            "version=1",
            "batch=32",
            "service=" + MODEL,
            "scaled=" + file);
    Watch watch = platform.registry().watch(MODEL, this::listed);
    try (WaitingReporter waiting =
            WaitingReporter.builder().id("story").open(platform.registry(), MODEL);
        RpcChannel channel = channel(waiting);
        ServiceLoadView loads =
            ServiceLoadView.builder()
                .interval(Duration.ofMillis(500))
                .countWaitingCalls()
                .open(platform.registry(), MODEL);
        io.fairlead.scaling.Fleet fleet =
            io.fairlead.scaling.Fleet.builder(MODEL, platform.registry(), loads, servers)
                .channels(builder -> builder.intercept(bearer(token)))
                .settleTime(Duration.ofSeconds(3))
                .drainTimeout(Duration.ofSeconds(20))
                .build();
        Scaler scaler =
            Scaler.builder(MODEL, fleet, POLICY)
                .tick(TICK)
                .announce(platform.registry())
                .onDecision(fleet)
                .start()) {
      follow(GRPCInferenceServiceRpc.asyncClient(channel), servers);
      screen.check(
          scaler.changes().size() >= 4 && processes <= MOST_PROCESSES,
          "%d decisions, each with its reason; at most %d processes at a time (bound: %d)",
          scaler.changes().size(),
          processes,
          MOST_PROCESSES);
    } finally {
      watch.close();
      servers.endAll();
    }
  }

  private void follow(GRPCInferenceServiceAsync model, ModelServers servers)
      throws InterruptedException {
    int before = servers.instances().size();
    Load first = new Load();
    double seconds = steady(model, first, CALM, Duration.ofSeconds(1));
    screen.check(
        before == 0 && first.failed() == 0 && ready >= 1,
        "no model server runs: %d calls wait for the first one, and all are answered after %.1f s",
        first.answered(),
        seconds);
    Load calls = new Load();
    double unused = steady(model, calls, CALM, Duration.ofSeconds(2));
    double grown = until(model, calls, BUSY, () -> ready == MOST);
    int most = ready;
    Load busy = new Load();
    unused = steady(model, busy, BUSY, Duration.ofSeconds(2));
    screen.check(
        most == MOST && calls.failed() + busy.failed() == 0,
        "%.0f calls/s in place of %.0f: %d model servers after %.1f s, p99 %.0f ms then, %d calls"
            + " failed",
        BUSY,
        CALM,
        most,
        grown,
        busy.millis(0.99),
        calls.failed() + busy.failed());
    Load after = new Load();
    double shrunk = until(model, after, CALM, () -> servers.instances().size() <= 1);
    screen.check(
        servers.instances().size() == 1 && after.failed() == 0,
        "%.0f calls/s again: %d model server after %.1f s, %d calls failed",
        CALM,
        servers.instances().size(),
        shrunk,
        after.failed());
  }

  private double steady(
      GRPCInferenceServiceAsync model, Load load, double perSecond, Duration window)
      throws InterruptedException {
    List<float[]> rows = new ArrayList<>();
    for (Image image : test.images().subList(0, ROWS)) {
      rows.add(test.features(image));
    }
    ModelInferRequest request = Inference.request(MODEL, "scaling", rows);
    double seconds =
        Traffic.steady(
            perSecond, window, Traffic.counted(load, number -> model.modelInfer(request)));
    processes = Math.max(processes, platform.fleet().size());
    return seconds;
  }

  /** Calls at this rate until it comes true. Returns the seconds that it took. */
  private double until(
      GRPCInferenceServiceAsync model, Load load, double perSecond, BooleanSupplier comesTrue)
      throws InterruptedException {
    long begin = System.nanoTime();
    while (!comesTrue.getAsBoolean() && System.nanoTime() - begin < PATIENCE.toNanos()) {
      double unused = steady(model, load, perSecond, Duration.ofMillis(500));
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  private void listed(Resolution update) {
    ready =
        update instanceof Resolution.Bound bound
            ? (int) bound.snapshot().endpoints().stream().filter(each -> !each.draining()).count()
            : 0;
  }

  /** Its calls wait for the first server, for as long as that takes to start. */
  private RpcChannel channel(WaitingReporter waiting) {
    return RpcChannel.to("etcd:///" + MODEL)
        .registry(platform.registry())
        .service(GRPCInferenceServiceRpc.service())
        .intercept(waiting)
        .policy(
            GRPCInferenceServiceRpc.SERVICE_NAME,
            MethodPolicy.builder()
                .deadline(Duration.ofSeconds(30))
                .waitForReady(true)
                .failureMode(FailureMode.FAILFAST)
                .build())
        .build();
  }

  private static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** A file that nobody else on this machine can read, from its first byte on. */
  private static Path written(Path folder, String text) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("token");
    Files.deleteIfExists(file); // of an earlier run
    return Files.writeString(
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))),
        text);
  }
}
