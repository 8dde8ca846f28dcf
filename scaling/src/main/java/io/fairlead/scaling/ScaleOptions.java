package io.fairlead.scaling;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the command line of {@link Main} asks for. Immutable. */
final class ScaleOptions {
  private static final String PLAINTEXT = "--plaintext";

  /** Each option with what it takes and means, in the order of the help. */
  private static final String[][] OPTIONS = {
    {"--service", "NAME", "the service that is scaled; required"},
    {"--capacity", "C", "calls a second that one instance is to carry; required"},
    {"--min", "N", "the fewest instances (2); 0 takes clients with a WaitingReporter"},
    {"--max", "N", "the most instances (100)"},
    {"--zones", "N", "zones, any of which may fail (1)"},
    {"--start-time", "TIME", "from the start of an instance to its first call (30s)"},
    {"--burst-window", "TIME", "in which a burst is seen (6s)"},
    {"--stable-window", "TIME", "over which the load is otherwise averaged (60s)"},
    {"--down-window", "TIME", "whose highest load fewer instances must carry (5m)"},
    {"--down-step", "SHARE", "of the instances that may leave in a minute (0.5)"},
    {"--tick", "TIME", "between two decisions (2s)"},
    {"--report-interval", "TIME", "between two load reports of an instance (2s)"},
    {"--etcd", "URL[,URL]", "the registry (http://127.0.0.1:2379)"},
    {"--namespace", "NAME", "of the registry"},
    {"--ttl", "TIME", "after which a decider that is gone has a successor (10s)"},
    {"--actuator", "HOST:PORT", "an ActuatorService that starts and stops instances"},
    {
      "--deployment",
      "[NAMESPACE/]NAME",
      "the Deployment of Kubernetes whose pods they are; or one"
          + " for each zone: ZONE=[NAMESPACE/]NAME,..."
    },
    {"--units", "NAME", "the systemd template whose units they are"},
    {"--drain-timeout", "TIME", "that a drained instance may keep calls (60s)"},
    {"--settle-time", "TIME", "that clients take to hear of a drain (6s)"},
    {"--token-file", "FILE", "bearer token for instances and --actuator; read for each call"},
    {"--ca", "FILE", "certificates to trust, for instances, --actuator and etcd; turns TLS on"},
    {PLAINTEXT, "", "sends the token without TLS, also to other machines"},
    {"--web-port", "PORT", "of /load and /scale on the loopback address (none)"},
    {"--keda-port", "PORT", "of KEDA's external scaler (none)"},
  };

  private static final List<String> ACTUATORS = List.of("--actuator", "--deployment", "--units");

  private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|s|m|h)");

  private final Map<String, String> given;

  final String service;
  final ScalingPolicy policy;
  final Duration tick;
  final Duration reportInterval;
  final List<String> etcd;
  final Duration ttl;
  final Duration drainTimeout;
  final Duration settleTime;

  /** By zone; of the zone "" if there is one for all. */
  final Map<String, String> deployments;

  private ScaleOptions(Map<String, String> given) {
    this.given = given;
    this.service = required("--service", "the service that is scaled, as in --service inventory");
    double capacity =
        number(
            "--capacity",
            required("--capacity", "the load that one instance is to carry, as in --capacity 50"));
    Duration burst = duration("--burst-window", Duration.ofSeconds(6));
    Duration stable = duration("--stable-window", Duration.ofMinutes(1));
    this.policy =
        ScalingPolicy.builder(capacity)
            .min(whole("--min", 2))
            .max(whole("--max", 100))
            .zones(whole("--zones", 1))
            .startTime(duration("--start-time", Duration.ofSeconds(30)))
            .windows(burst, stable)
            .downWindow(duration("--down-window", Duration.ofMinutes(5)))
            .downStep(text("--down-step").map(text -> number("--down-step", text)).orElse(0.5))
            .build();
    this.tick = duration("--tick", Duration.ofSeconds(2));
    this.reportInterval = duration("--report-interval", Duration.ofSeconds(2));
    this.etcd = Arrays.asList(text("--etcd").orElse("http://127.0.0.1:2379").split(",", -1));
    this.ttl = duration("--ttl", Duration.ofSeconds(10));
    this.drainTimeout = duration("--drain-timeout", Duration.ofMinutes(1));
    this.settleTime = duration("--settle-time", Duration.ofSeconds(6));
    List<String> actuators = new ArrayList<>();
    for (String name : ACTUATORS) {
      if (given.containsKey(name)) {
        actuators.add(name);
      }
    }
    if (actuators.size() > 1) {
      throw new IllegalArgumentException(
          String.join(" and ", actuators) + " exclude each other; instances start in one way");
    }
    this.deployments = text("--deployment").map(ScaleOptions::deployments).orElse(Map.of());
    refuseClearText();
  }

  private static Map<String, String> deployments(String text) {
    if (!text.contains("=") && !text.contains(",")) {
      return Map.of("", text);
    }
    Map<String, String> zones = new LinkedHashMap<>();
    for (String each : text.split(",", -1)) {
      int equals = each.indexOf('=');
      if (equals < 1 || zones.put(each.substring(0, equals), each.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "--deployment \""
                + text
                + "\" does not name one for each zone; write it as a=inventory-a,b=inventory-b");
      }
    }
    return zones;
  }

  /** Pods are never on this machine's loopback address; what a registry lists is seen later. */
  private void refuseClearText() {
    if (!given("--token-file") || given("--ca") || given(PLAINTEXT)) {
      return;
    }
    Optional<String> remote = text("--actuator").filter(target -> !isLoopback(target));
    if (remote.isPresent() || given("--deployment")) {
      throw new IllegalArgumentException(inClearText(remote.orElse("pods")));
    }
  }

  static String inClearText(String target) {
    return "the token of --token-file would be sent to "
        + target
        + " in clear text; give --ca for TLS, or --plaintext if something else encrypts it";
  }

  /**
   * Whether {@code HOST:PORT} is this machine, by the text alone: a name may mean another later.
   */
  static boolean isLoopback(String target) {
    return target.matches("(127\\.[0-9]+\\.[0-9]+\\.[0-9]+|localhost|\\[::1\\])(:[0-9]+)?");
  }

  /** Reads them; the first word may be {@code scale}. */
  static ScaleOptions parse(String... arguments) {
    Map<String, String> given = new HashMap<>();
    int from = arguments.length > 0 && arguments[0].equals("scale") ? 1 : 0;
    for (int i = from; i < arguments.length; i += 2) {
      String name = arguments[i];
      if (Arrays.stream(OPTIONS).noneMatch(each -> each[0].equals(name))) {
        throw new IllegalArgumentException(
            "\"" + name + "\" is no option; there are " + String.join(", ", names()));
      }
      if (name.equals(PLAINTEXT)) {
        i--; // it takes no value
        if (given.put(name, "") != null) {
          throw new IllegalArgumentException(name + " is given twice");
        }
        continue;
      }
      if (i + 1 == arguments.length || arguments[i + 1].startsWith("--")) {
        throw new IllegalArgumentException(name + " takes a value, and has none");
      }
      if (given.put(name, arguments[i + 1]) != null) {
        throw new IllegalArgumentException(name + " is given twice");
      }
    }
    return new ScaleOptions(given);
  }

  private static Set<String> names() {
    Set<String> names = new TreeSet<>();
    for (String[] each : OPTIONS) {
      names.add(each[0]);
    }
    return names;
  }

  static String help() {
    StringBuilder help =
        new StringBuilder("usage: fairlead scale --service NAME --capacity C [OPTIONS]\n");
    for (String[] each : OPTIONS) {
      help.append(String.format("  %-34s %s%n", each[0] + " " + each[1], each[2]));
    }
    return help.append(
            "Without --actuator, --deployment and --units it gives advice alone: in its log, on"
                + " its pages, and to KEDA.\n")
        .toString();
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(given.get(name));
  }

  Optional<Path> file(String name) {
    return text(name).map(Path::of);
  }

  boolean given(String name) {
    return given.containsKey(name);
  }

  /** Whether it starts and stops instances, rather than giving advice. */
  boolean startsInstances() {
    return ACTUATORS.stream().anyMatch(given::containsKey);
  }

  /** The port that an option names; 0 stands for any free one. */
  Optional<Integer> port(String name) {
    return text(name)
        .map(
            text -> {
              int port = whole(name, 0);
              if (port > 65_535) {
                throw new IllegalArgumentException(
                    name + " " + text + " is no port; use 0 to 65535");
              }
              return port;
            });
  }

  private String required(String name, String meaning) {
    String value = given.get(name);
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(name + " is missing: " + meaning);
    }
    return value;
  }

  private int whole(String name, int without) {
    @Nullable String text = given.get(name);
    if (text == null) {
      return without;
    }
    if (!text.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException(
          name + " is \"" + text + "\", which is not a whole number of 0 or more");
    }
    return Integer.parseInt(text);
  }

  private static double number(String name, String text) {
    try {
      double value = Double.parseDouble(text);
      if (value > 0 && !Double.isInfinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(name + " is \"" + text + "\"; give a number above 0");
  }

  private Duration duration(String name, Duration without) {
    @Nullable String text = given.get(name);
    if (text == null) {
      return without;
    }
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches() || Double.parseDouble(matcher.group(1)) == 0) {
      throw new IllegalArgumentException(
          name + " is \"" + text + "\", which is no time; write 500ms, 30s, 5m or 1h");
    }
    double seconds =
        Double.parseDouble(matcher.group(1))
            * switch (matcher.group(2)) {
              case "ms" -> 0.001;
              case "s" -> 1;
              case "m" -> 60;
              default -> 3_600;
            };
    return Duration.ofMillis(Math.round(seconds * 1_000));
  }
}
