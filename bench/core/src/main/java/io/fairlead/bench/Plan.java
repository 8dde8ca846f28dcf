package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one run is to measure, read from the command line. */
record Plan(
    List<Section> sections,
    boolean fixedRates,
    int memory,
    boolean telemetry,
    int starts,
    int rounds,
    Duration window,
    int warmWindows,
    @Nullable Against against,
    Path out,
    Map<String, Path> classPaths,
    Map<String, Path> jdks) {

  private static final List<String> ONE_SERVER =
      List.of("grpc", "grpc-tuned", "grpc-tuned-pool", "fairlead-async", "fairlead-bind");
  private static final List<String> SEVERAL_SERVERS =
      List.of("grpc", "grpc-tuned", "grpc-tuned-pool", "fairlead-all-async", "fairlead-all-bind");

  private static final List<String> OURS = List.of("fairlead-async", "fairlead-bind");
  private static final List<String> OURS_ALL_ON =
      List.of("fairlead-all-async", "fairlead-all-bind");

  private static final List<String> OURS_OBSERVED =
      List.of(
          "fairlead-async",
          "fairlead-counting",
          "fairlead-events",
          "fairlead-metrics",
          "fairlead-metrics-log",
          "fairlead-metrics-traces",
          "fairlead-telemetry-all");
  private static final List<String> PEERS_OBSERVED =
      List.of("grpc-tuned", "grpc-opentelemetry", "armeria", "armeria-telemetry");

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss");
  private static final String KNOWN =
      "--quick --variants --loads --instances --starts --rounds --millis --warm --memory --tls"
          + " --against --fail-below --telemetry --out";
  // What bench/run adds to those.
  private static final String TODAY = "--today";

  static Plan parse(String[] args) {
    Map<String, String> options = new HashMap<>();
    Map<String, Path> classPaths = new TreeMap<>();
    Map<String, Path> jdks = new HashMap<>();
    for (String arg : args) {
      String[] pair = arg.split("=", 2);
      String value = pair.length == 2 ? pair[1] : "";
      if (pair[0].startsWith("--class-path-")) {
        classPaths.put(pair[0].substring("--class-path-".length()), Path.of(value));
      } else if (pair[0].startsWith("--jdk-")) {
        jdks.put(pair[0].substring("--jdk-".length()), Path.of(value));
      } else if (pair[0].equals(TODAY) || List.of(KNOWN.split(" ", -1)).contains(pair[0])) {
        options.put(pair[0], value);
      } else {
        throw new IllegalArgumentException("Not an option: " + arg + "; there are " + KNOWN);
      }
    }
    boolean quick = options.containsKey("--quick");
    boolean memory = options.containsKey("--memory");
    boolean telemetry = options.containsKey("--telemetry");
    Against against = against(options);
    boolean longCompared = against != null && !quick;
    Defaults otherwise =
        telemetry
            ? quick ? new Defaults(1, 3, 300, 4) : new Defaults(2, 12, 600, 12)
            : new Defaults(
                longCompared ? 3 : 1,
                quick || longCompared ? 5 : 7,
                quick ? 300 : longCompared ? 1000 : 2000,
                quick ? 4 : 40);
    return new Plan(
        sections(options, classPaths, against),
        !quick && against == null && !telemetry,
        memory ? number(options, "--memory", 10_000) : 0,
        telemetry,
        number(options, "--starts", otherwise.starts),
        number(options, "--rounds", otherwise.rounds),
        Duration.ofMillis(number(options, "--millis", otherwise.millis)),
        number(options, "--warm", otherwise.warm),
        against,
        Path.of(options.getOrDefault("--out", "bench/target/results")),
        classPaths,
        jdks);
  }

  /** What holds where an option is not given. */
  private record Defaults(int starts, int rounds, int millis, int warm) {}

  private static @Nullable Against against(Map<String, String> options) {
    String failBelow = options.getOrDefault("--fail-below", "");
    String revision = options.get("--against");
    if (options.containsKey("--fail-below")
        && (revision == null || failBelow.isEmpty() || options.containsKey("--memory"))) {
      throw new IllegalArgumentException(
          "--fail-below="
              + failBelow
              + " bounds the ratios of --against=<revision>, and --memory takes none;"
              + " it looks like --against=HEAD~1 --fail-below=0.97");
    }
    return revision == null
        ? null
        : Against.of(revision, options.getOrDefault(TODAY, "today"), failBelow);
  }

  private static List<Section> sections(
      Map<String, String> options, Map<String, Path> classPaths, @Nullable Against against) {
    boolean quick = options.containsKey("--quick");
    boolean tls = options.containsKey("--tls");
    if (options.containsKey("--telemetry")) {
      return List.of(observed(options, against));
    }
    boolean chosen =
        options.containsKey("--variants")
            || options.containsKey("--loads")
            || options.containsKey("--instances");
    List<Section> sections =
        chosen
            ? List.of(chosen(options, against))
            : against != null ? compared(quick, tls) : quick ? quick() : whole(classPaths);
    return sections.stream()
        .map(section -> tls ? section.encrypted() : section)
        .map(section -> against == null ? section : against.both(section))
        .toList();
  }

  /**
   * What telemetry costs, in one section, so that all rows are measured in turn. Of another state
   * there is only what has none.
   */
  private static Section observed(Map<String, String> options, @Nullable Against against) {
    for (String other : List.of("--variants", "--loads", "--instances", "--memory", "--tls")) {
      if (options.containsKey(other)) {
        throw new IllegalArgumentException(
            "--telemetry has its own variants and load; leave " + other + " out");
      }
    }
    List<String> variants = new ArrayList<>();
    if (against != null) {
      variants.add(against.theirs(OURS_OBSERVED.get(0)));
    }
    variants.addAll(OURS_OBSERVED);
    variants.addAll(PEERS_OBSERVED);
    return Section.of(1, variants, TelemetryReport.LOAD);
  }

  /** What docs/performance.md has figures of, where they can be taken of a state of our own. */
  private static List<Section> compared(boolean quick, boolean tls) {
    Section encrypted =
        quick
            ? Section.of(1, OURS, "blocking-32", "async-32")
            : Section.of(1, OURS, "blocking-32", "async-32", "large-4", "pingpong-1");
    if (tls) {
      return List.of(encrypted.encrypted()); // "everything on" is for plaintext
    }
    if (quick) {
      return List.of(
          Section.of(1, OURS, "blocking-32", "async-32"),
          Section.of(3, OURS_ALL_ON, "blocking-32"));
    }
    return List.of(
        Section.of(
            1,
            OURS,
            "start-1",
            "blocking-1",
            "blocking-32",
            "async-32",
            "large-4",
            "stream-1",
            "observe-1",
            "pingpong-1",
            "h2load-10"),
        encrypted.encrypted(),
        Section.of(3, OURS_ALL_ON, "blocking-32", "async-32"));
  }

  private static int number(Map<String, String> options, String name, int otherwise) {
    String text = options.getOrDefault(name, "");
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is too small.
    }
    throw new IllegalArgumentException(name + "=" + text + " is not a whole number above 0");
  }

  private static List<Section> quick() {
    return List.of(
        Section.of(1, with(ONE_SERVER, "netty"), "blocking-32", "async-32", "h2load-10"),
        Section.of(3, SEVERAL_SERVERS, "blocking-32"));
  }

  private static List<Section> whole(Map<String, Path> classPaths) {
    List<String> peers = classPaths.keySet().stream().filter(name -> !name.equals("grpc")).toList();
    List<String> all = new ArrayList<>(with(ONE_SERVER, "netty"));
    all.addAll(peers);
    return List.of(
        Section.of(
            1,
            all,
            "start-1",
            "blocking-1",
            "blocking-32",
            "blocking-256",
            "async-1",
            "async-32",
            "async-256",
            "large-4",
            "stream-1",
            "observe-1",
            "pingpong-1",
            "h2load-10"),
        Section.of(3, SEVERAL_SERVERS, "blocking-1", "blocking-32", "async-32"),
        Section.of(50, SEVERAL_SERVERS, "async-32"));
  }

  private static Section chosen(Map<String, String> options, @Nullable Against against) {
    int instances = number(options, "--instances", 1);
    List<String> variants =
        against != null
            ? instances == 1 ? OURS : OURS_ALL_ON
            : instances == 1 ? with(ONE_SERVER, "netty") : SEVERAL_SERVERS;
    return Section.of(
        instances,
        options.containsKey("--variants") ? words(options.get("--variants")) : variants,
        options.containsKey("--loads")
            ? words(options.get("--loads")).toArray(new String[0])
            : new String[] {"blocking-32", "async-32"});
  }

  private static List<String> with(List<String> names, String more) {
    List<String> both = new ArrayList<>(names);
    both.add(more);
    return both;
  }

  private static List<String> words(@Nullable String text) {
    return List.of(Objects.requireNonNull(text).split(",", -1));
  }

  /** So that a run never writes over what another one found. */
  Plan inDirectoryOfItsOwn() throws IOException {
    String now = LocalDateTime.now(ZoneId.systemDefault()).format(STAMP);
    Path own = Files.createDirectories(out.resolve(now));
    return new Plan(
        sections,
        fixedRates,
        memory,
        telemetry,
        starts,
        rounds,
        window,
        warmWindows,
        against,
        own,
        classPaths,
        jdks);
  }

  /**
   * {@code name@25} runs the variant on the JDK that {@code --jdk-25=…} names, {@code name@b748212}
   * on the class path of the state that {@code --against=b748212} names; it may be both.
   */
  JavaRun java(String variant) throws IOException {
    List<String> words = List.of(variant.split("@", -1));
    String name = words.get(0);
    Path home = Path.of(System.getProperty("java.home"));
    Path file = classPaths.getOrDefault(name, classPaths.get("grpc"));
    for (String tag : words.subList(1, words.size())) {
      if (against != null && tag.equals(against.revision())) {
        name = "against";
        file = classPaths.get(name);
        continue;
      }
      Path other = jdks.get(tag);
      if (other == null) {
        throw new IllegalArgumentException(variant + " needs --jdk-" + tag + "=<home>");
      }
      home = other;
    }
    if (file == null) {
      throw new IllegalArgumentException(
          variant + " needs --class-path-" + name + "=<file with its class path>");
    }
    return new JavaRun(home, Files.readString(file).trim(), memory > 0);
  }

  /** The variants that have a client. */
  static List<String> clients(Section section) {
    return section.variants().stream().filter(name -> Peers.hasClient(plainName(name))).toList();
  }

  /** Without the JDK and the state of the code. */
  static String plainName(String variant) {
    int at = variant.indexOf('@');
    return at < 0 ? variant : variant.substring(0, at);
  }
}
