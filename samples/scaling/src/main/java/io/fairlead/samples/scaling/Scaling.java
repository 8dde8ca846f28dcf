package io.fairlead.samples.scaling;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.scaling.photos.PhotosRpc;
import io.fairlead.scaling.Actuator;
import io.fairlead.scaling.ActuatorService;
import io.fairlead.scaling.LocalProcesses;
import io.fairlead.scaling.Main;
import io.fairlead.scaling.StaleOrderException;
import io.fairlead.scaling.WaitingReporter;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Plays a load of 50, 100, 300 and 50 calls a second on a service that has no instance at first.
 * Two deciders, of which etcd elects one, start and stop instances through the actuator of this
 * process. Exits with 0 only if each promise was kept.
 */
final class Scaling implements AutoCloseable {
  static final String SERVICE = "photos.v1.Photos";

  /** Calls and streams a second that one instance is to carry: less than half of what it can. */
  private static final int CAPACITY = 80;

  private static final Duration TICK = Duration.ofSeconds(3);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private static final Pattern PAGE = Pattern.compile("pages at (http://\\S+/load)");
  private static final List<String> SMALL_JAVA =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-Xshare:auto",
          "-Xmx64m",
          "-cp",
          System.getProperty("java.class.path"));

  private final PrintStream out;
  private final long begin = System.nanoTime();
  private final Path logs =
      Path.of(System.getProperty("sample.logs", "target/logs")).toAbsolutePath();
  private final HttpClient http = HttpClient.newHttpClient();
  private final EmbeddedEtcd etcd;
  private final NotedProcesses instances;
  private final LocalProcesses deciders;
  private final RpcServer server;
  private final EtcdRegistry registry;
  private final Watch watch;
  private final WaitingReporter waiting;
  private final RpcChannel channel;
  private final Load load;
  private final List<String> broken = new ArrayList<>();

  private volatile Set<String> ready = Set.of();
  private volatile int draining;
  private volatile long readyEnoughAt;
  private volatile int enough = Integer.MAX_VALUE;
  private String lastWhy = "";
  private double usedSeconds;
  private double neededSeconds;
  private long countedAt;

  private Scaling(PrintStream out) throws IOException {
    this.out = out;
    Files.createDirectories(logs);
    String token = UUID.randomUUID().toString();
    Path tokenFile = writtenForUs(logs.resolve("token"), token);
    etcd = EmbeddedEtcd.builder().minTtl(Duration.ofSeconds(1)).start();
    instances =
        new NotedProcesses(
            LocalProcesses.builder("photos", java(PhotoServer.class, "{id}", etcd.endpoint()))
                // Arguments can be read by everybody on this machine.
                .environment(Secret.VARIABLE, token)
                .logs(logs)
                .stopTimeout(Duration.ofSeconds(20))
                .build(),
            text -> say("the decider " + text));
    server =
        RpcServer.builder("actuator")
            .host("127.0.0.1")
            .service(new ActuatorService(instances))
            .authorizer(Secret.authorizer(token))
            .timeouts(t -> t.deregistrationDelay(Duration.ZERO))
            .start();
    deciders =
        LocalProcesses.builder("decider", java(Main.class, decider(tokenFile)))
            .logs(logs)
            .stopTimeout(Duration.ofSeconds(10))
            .build();
    registry =
        EtcdRegistry.builder().endpoints(etcd.endpoint()).ttl(Duration.ofSeconds(2)).connect();
    watch = registry.watch(SERVICE, this::listed);
    waiting = WaitingReporter.builder().id("load").open(registry, SERVICE);
    channel = RpcChannel.to("etcd:///" + SERVICE).registry(registry).intercept(waiting).build();
    load = new Load(PhotosRpc.asyncClient(channel));
  }

  /** A file that nobody else on this machine can read, from its first byte on. */
  private static Path writtenForUs(Path file, String text) throws IOException {
    Files.deleteIfExists(file); // of an earlier run
    Path created =
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(created, text);
  }

  private static String[] java(Class<?> main, String... arguments) {
    List<String> line = new ArrayList<>(SMALL_JAVA);
    String logging = System.getProperty("java.util.logging.config.file");
    if (logging != null) {
      line.add("-Djava.util.logging.config.file=" + logging);
    }
    line.add(main.getName());
    line.addAll(List.of(arguments));
    return line.toArray(String[]::new);
  }

  /** The windows are a tenth of what they are by default, so that this ends in about a minute. */
  private String[] decider(Path tokenFile) {
    return ("scale --service %s --capacity %d --min 0 --max 6 --tick %ds --report-interval 500ms"
            + " --burst-window 2s --stable-window 6s --down-window 10s --down-step 1"
            + " --start-time 3s --settle-time 3s --drain-timeout 20s --etcd %s --ttl 2s"
            + " --actuator 127.0.0.1:%d --web-port 0 --token-file")
        .formatted(SERVICE, CAPACITY, TICK.toSeconds(), etcd.endpoint(), server.port())
        .concat(" " + tokenFile)
        .split(" ", -1);
  }

  private void listed(Resolution update) {
    Set<String> takingCalls = new HashSet<>();
    int leaving = 0;
    if (update instanceof Resolution.Bound bound) {
      for (Endpoint each : bound.snapshot().endpoints()) {
        instances.ready(each.id());
        if (each.draining()) {
          leaving++;
        } else {
          takingCalls.add(each.id());
        }
      }
    }
    ready = takingCalls;
    draining = leaving;
    if (takingCalls.size() >= enough && readyEnoughAt == 0) {
      readyEnoughAt = System.nanoTime();
    }
  }

  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    boolean kept;
    try (Scaling scaling = new Scaling(out)) {
      Runtime.getRuntime()
          .addShutdownHook(new Thread(scaling::closeProcesses, "no-process-is-left"));
      kept = scaling.play();
    }
    System.exit(kept ? 0 : 1);
  }

  private boolean play() throws Exception {
    out.println("An instance is to carry " + CAPACITY + " calls a second; there are 0 to 6.");
    deciders.start(2, new Actuator.Order(0, "two, so that one may die"));
    await("a decider decides", () -> page() != null);
    out.println(
        "    s  offered    want   have  ready  draining   p99 ms  failed  instance-s used/needed");
    load.start(50);
    long begun = System.nanoTime();
    say("the load is 50 calls a second, and there is no instance");
    await("the first instance answers", () -> load.totals().answered() > 0);
    long first = (System.nanoTime() - begun) / 1_000_000;
    await("no call waits any more", () -> waiting.waiting() == 0);
    watch(4); // in which those that waited are answered
    load.hasFirstInstance();
    watch(2);
    load.rate(100);
    say("the load is 100 calls a second");
    watch(9);

    enough = needed(300);
    load.rate(300);
    long step = System.nanoTime();
    say("the load is 300 calls a second, three times as much");
    await("four instances take calls", () -> readyEnoughAt > 0);
    long recovered = (readyEnoughAt - step) / 1_000_000;
    long allowed = instances.slowestStartMillis() + 2 * TICK.toMillis();
    String start = "%.1f s of start".formatted(instances.slowestStartMillis() / 1e3);
    watch(4);

    long tokenBefore = instances.greatestToken();
    String deciding = deciding();
    String victim = ready.iterator().next();
    // One more than needed is not replaced.
    boolean spare = ready.size() > enough;
    int streams = load.killing(victim);
    say("kill -9 of " + victim + ", with " + streams + " streams, and of " + deciding);
    instances.kill(victim);
    boolean unused = Objects.requireNonNull(deciders.processes().get(deciding)).destroyForcibly();
    await(
        "there is a successor, and enough instances",
        () ->
            !ready.contains(victim)
                && ready.size() >= enough
                && (spare ? isDecidedBesides(deciding) : instances.greatestToken() > tokenBefore));
    watch(4);

    load.rate(50);
    say("the load is 50 calls a second again");
    await("one instance is left", () -> ready.size() == 1 && instances.instances().size() == 1);
    watch(3);
    load.close();
    return judge(first, recovered, allowed, start, tokenBefore);
  }

  private boolean judge(long first, long recovered, long allowed, String start, long tokenBefore) {
    Load.Totals totals = load.totals();
    out.println();
    promise(
        totals.failed() == 0,
        "%,d calls were answered, %d failed".formatted(totals.answered(), totals.failed()));
    promise(
        totals.streamsFailed() == 0,
        "%d streams came to their end, %d failed, and %d broke with the instance that was killed"
            .formatted(totals.streamsEnded(), totals.streamsFailed(), totals.streamsBroken()));
    measured(
        "the first call, which found no instance, was answered after %.1f s"
            .formatted(first / 1e3));
    measured(
        "three times the load had its instances after %.1f s; with a machine of its own it takes at most %.1f s, %s and two ticks"
            .formatted(recovered / 1e3, allowed / 1e3, start));
    measured(
        "p99 of all calls after that: %d ms; the slowest took %d ms"
            .formatted(totals.p99(), totals.slowest()));
    promise(
        isRefused(tokenBefore),
        "another decider took over, with the fencing token %d; an order with %d is refused"
            .formatted(instances.greatestToken(), tokenBefore));
    measured(
        "%.0f instance-seconds were used, and %.0f needed: %.2f times"
            .formatted(usedSeconds, neededSeconds, usedSeconds / neededSeconds));
    Throwable failure = totals.firstFailure();
    if (failure != null) {
      out.println("The first failure: " + failure.getMessage());
    }
    out.println(
        broken.isEmpty() ? "Every promise was kept." : "NOT kept: " + String.join("; ", broken));
    return broken.isEmpty();
  }

  private void promise(boolean kept, String text) {
    out.println((kept ? "✓ " : "✗ ") + text);
    if (!kept) {
      broken.add(text);
    }
  }

  /** Times depend on what else the machine does: they are shown, and decide nothing. */
  private void measured(String text) {
    out.println("• " + text);
  }

  private boolean isRefused(long token) {
    try {
      instances.stop(List.of(), new Actuator.Order(token, "late"));
      return false;
    } catch (StaleOrderException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  // The view

  private void say(String text) {
    out.println(String.format(Locale.ROOT, "%5.1f  -- %s", seconds(), text));
  }

  private double seconds() {
    return (System.nanoTime() - begin) / 1e9;
  }

  private static int needed(int callsPerSecond) {
    return (callsPerSecond + Load.STREAMS_A_SECOND + CAPACITY - 1) / CAPACITY;
  }

  private void watch(int seconds) throws Exception {
    for (int i = 0; i < seconds; i++) {
      Thread.sleep(1_000);
      row();
    }
  }

  private void await(String what, BooleanSupplier come) throws Exception {
    long giveUp = System.nanoTime() + LONGEST.toNanos();
    for (int i = 0; !come.getAsBoolean(); i++) {
      if (System.nanoTime() > giveUp) {
        throw new IllegalStateException(
            "this did not happen within %s: %s; see the logs in %s".formatted(LONGEST, what, logs));
      }
      Thread.sleep(50);
      if (load.rate() > 0 && i % 20 == 19) {
        row();
      }
    }
  }

  private void row() {
    long now = System.nanoTime();
    if (countedAt > 0) {
      double passed = (now - countedAt) / 1e9;
      usedSeconds += passed * instances.instances().size();
      neededSeconds += passed * needed(load.rate());
    }
    countedAt = now;
    String want = "-";
    JsonObject page = page();
    if (page != null) {
      want = page.get("want").getAsString();
      String why = page.get("why").getAsString();
      String step = want + ": " + why.replaceAll("[0-9.]+", "");
      if (!step.equals(lastWhy)) {
        lastWhy = step;
        say(want + " wanted: " + why);
      }
    }
    Load.Totals totals = load.totals();
    out.println(
        String.format(
            Locale.ROOT,
            "%5.1f %8d %7s %6d %6d %9d %8d %7d %10.0f / %.0f",
            seconds(),
            load.rate(),
            want,
            instances.instances().size(),
            ready.size(),
            draining,
            load.recentP99(),
            totals.failed() + totals.streamsFailed(),
            usedSeconds,
            neededSeconds));
  }

  /** What the decider's page says; null while there is no decider. */
  private @Nullable JsonObject page() {
    for (String id : deciders.instances()) {
      JsonObject page = page(id);
      if (page != null) {
        return page;
      }
    }
    return null;
  }

  private @Nullable JsonObject page(String decider) {
    try {
      Matcher address = PAGE.matcher(Files.readString(logs.resolve(decider + ".log")));
      if (!address.find()) {
        return null;
      }
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create(address.group(1)))
                  .header("Accept", "application/json")
                  .timeout(Duration.ofMillis(500))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200
          ? JsonParser.parseString(response.body()).getAsJsonObject()
          : null; // another one decides
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private String deciding() {
    return deciders.instances().stream()
        .filter(id -> page(id) != null)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no decider decides"));
  }

  private boolean isDecidedBesides(String killed) {
    return deciders.instances().stream().anyMatch(id -> !id.equals(killed) && page(id) != null);
  }

  private void closeProcesses() {
    deciders.close();
    instances.close();
  }

  @Override
  public void close() {
    load.close();
    deciders.close();
    channel.close();
    waiting.close();
    watch.close();
    instances.close();
    registry.close();
    server.close();
    etcd.close();
  }
}
