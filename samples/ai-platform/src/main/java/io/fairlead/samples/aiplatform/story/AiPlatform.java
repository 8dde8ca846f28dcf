package io.fairlead.samples.aiplatform.story;

import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.api.train.TrainerRpc;
import io.fairlead.samples.aiplatform.capture.CaptureService;
import io.fairlead.samples.aiplatform.features.FeatureService;
import io.fairlead.samples.aiplatform.models.ModelRegistryService;
import io.fairlead.samples.aiplatform.preprocess.PreprocessService;
import io.fairlead.samples.aiplatform.training.TrainerService;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Starts the platform as processes of this machine, plays its story, and checks each figure. Exits
 * with 0 only if all hold.
 */
public final class AiPlatform {
  private static final Set<String> OPTIONS = Set.of("--java-only", "--stay", "--plain");
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
    System.exit(run(new Screen(out, plain), options.contains("--stay")) ? 0 : 1);
  }

  private static boolean run(Screen screen, boolean stay) throws Exception {
    long begin = System.nanoTime();
    Path folder = Path.of(System.getProperty("sample.logs", "target/logs")).toAbsolutePath();
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        Fleet fleet = new Fleet(etcd.endpoint(), folder);
        Tokens tokens = Tokens.start();
        EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());
        Platform platform = new Platform(registry, fleet)) {
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-end"));
      try {
        start(screen, platform);
        new DataChapter(platform, screen).play();
        new TrainingChapter(platform, screen).play();
        TestImages test = TestImages.read(platform);
        new ServingChapter(platform, screen, test).play();
        GatewayClient client = new GatewayChapter(platform, screen, test, tokens).play();
        memory(screen, fleet);
        if (stay && screen.failed() == 0) {
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
    screen.line("6. Memory");
    fleet.look();
    Map<String, Long> peaks = fleet.peaks();
    Fleet.peak(ProcessHandle.current().pid()).ifPresent(kib -> peaks.put("this story", kib));
    if (peaks.isEmpty()) {
      screen.line("  left out: this system does not tell how much memory a process has");
      return;
    }
    StringBuilder each = new StringBuilder();
    long largest = 0;
    for (Map.Entry<String, Long> peak : peaks.entrySet()) {
      long mib = (peak.getValue() + 1_023) / 1_024;
      each.append(each.length() == 0 ? "" : ", ").append(peak.getKey()).append(' ').append(mib);
      largest = Math.max(largest, mib);
    }
    screen.check(
        largest <= MAX_MIB,
        "resident memory of each JVM at its peak, in MiB (bound: %d): %s",
        MAX_MIB,
        each);
  }
}
