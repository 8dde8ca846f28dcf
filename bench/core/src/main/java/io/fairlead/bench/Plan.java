package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one run is to measure, read from the command line. */
record Plan(
    List<String> variants,
    List<Load> loads,
    int rounds,
    Duration window,
    int warmWindows,
    boolean tls,
    Path out,
    Map<String, Path> classPaths,
    Map<String, Path> jdks) {

  static final List<String> ALL_VARIANTS =
      List.of(
          "grpc",
          "grpc-tuned",
          "grpc-tuned-pool",
          "fairlead-async",
          "fairlead-bind",
          "grpc-tuned-three",
          "grpc-tuned-pool-three",
          "fairlead-all-async",
          "fairlead-all-bind",
          "netty");

  private static final List<String> QUICK_LOADS =
      List.of("blocking-1", "blocking-32", "async-32", "h2load-10");
  private static final List<String> ALL_LOADS =
      List.of(
          "blocking-1",
          "blocking-32",
          "blocking-256",
          "async-1",
          "async-32",
          "async-256",
          "large-4",
          "stream-1",
          "pingpong-1",
          "h2load-10");

  static Plan parse(String[] args) {
    Map<String, String> options = new HashMap<>();
    Map<String, Path> classPaths = new HashMap<>();
    Map<String, Path> jdks = new HashMap<>();
    for (String arg : args) {
      String[] pair = arg.split("=", 2);
      String value = pair.length == 2 ? pair[1] : "true";
      if (pair[0].startsWith("--class-path-")) {
        classPaths.put(pair[0].substring("--class-path-".length()), Path.of(value));
      } else if (pair[0].startsWith("--jdk-")) {
        jdks.put(pair[0].substring("--jdk-".length()), Path.of(value));
      } else if (KNOWN.contains(pair[0])) {
        options.put(pair[0], value);
      } else {
        throw new IllegalArgumentException("Not an option: " + arg + "; there are " + KNOWN);
      }
    }
    boolean quick = options.containsKey("--quick");
    return new Plan(
        list(options.get("--variants"), ALL_VARIANTS),
        list(options.get("--loads"), quick ? QUICK_LOADS : ALL_LOADS).stream()
            .map(Load::parse)
            .toList(),
        Integer.parseInt(options.getOrDefault("--rounds", quick ? "5" : "7")),
        Duration.ofMillis(Long.parseLong(options.getOrDefault("--millis", quick ? "500" : "2000"))),
        Integer.parseInt(options.getOrDefault("--warm", quick ? "6" : "20")),
        options.containsKey("--tls"),
        Path.of(options.getOrDefault("--out", "bench/target/results")),
        classPaths,
        jdks);
  }

  private static final List<String> KNOWN =
      List.of(
          "--quick", "--variants", "--loads", "--rounds", "--millis", "--warm", "--tls", "--out");

  private static List<String> list(
      @org.jspecify.annotations.Nullable String text, List<String> otherwise) {
    return text == null ? otherwise : new ArrayList<>(List.of(text.split(",", -1)));
  }

  /** {@code name@25} runs the variant on the JDK that {@code --jdk-25=…} names. */
  JavaRun java(String variant) throws IOException {
    int at = variant.indexOf('@');
    String name = at < 0 ? variant : variant.substring(0, at);
    Path home = Path.of(System.getProperty("java.home"));
    if (at >= 0) {
      Path other = jdks.get(variant.substring(at + 1));
      if (other == null) {
        throw new IllegalArgumentException(
            variant + " needs --jdk-" + variant.substring(at + 1) + "=<home>");
      }
      home = other;
    }
    Path file = classPaths.getOrDefault(name, classPaths.get("grpc"));
    if (file == null) {
      throw new IllegalArgumentException(
          variant + " needs --class-path-" + name + "=<file with its class path>");
    }
    return new JavaRun(home, Files.readString(file).trim());
  }

  /** Without the JDK. */
  static String plainName(String variant) {
    int at = variant.indexOf('@');
    return at < 0 ? variant : variant.substring(0, at);
  }
}
