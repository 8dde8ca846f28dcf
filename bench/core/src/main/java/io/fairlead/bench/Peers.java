package io.fairlead.bench;

import java.util.ArrayList;
import java.util.List;

/** What is known of variants by their names: above all which ones are held against each other. */
final class Peers {
  private static final List<String> ALL = List.of("armeria", "dubbo", "vertx", "netty");

  private static final String GATEWAY = "fairlead-gateway-async";

  private Peers() {}

  /** In the order of the reports; each on the variant's own JDK. */
  static List<String> of(String variant) {
    List<String> baselines = new ArrayList<>(List.of("grpc", tuned(variant)));
    // What the gateway costs: calls of gRPC beside it, and calls through it.
    if (Plan.plainName(variant).equals(GATEWAY)) {
      baselines.add("fairlead-async");
    } else if (isConnect(Plan.plainName(variant))) {
      baselines.addAll(List.of("fairlead-async", GATEWAY));
    }
    if (isOurs(variant)) {
      baselines.addAll(ALL);
    }
    return baselines.stream()
        .map(baseline -> onSameJdk(baseline, variant))
        .filter(baseline -> !baseline.equals(variant))
        .toList();
  }

  /** The bare responder has none, and that of Connect is h2load. */
  static boolean hasClient(String plainName) {
    return !plainName.equals("netty") && !isConnect(plainName);
  }

  /** Returns whether calls are those of Connect's protocol. */
  static boolean isConnect(String plainName) {
    return plainName.endsWith("-connect");
  }

  static boolean isOurs(String variant) {
    return variant.startsWith("fairlead");
  }

  /** Hand-tuned grpc-java with the same binding: handlers on the event loop, or on a pool. */
  private static String tuned(String variant) {
    return Plan.plainName(variant).endsWith("-bind") ? "grpc-tuned-pool" : "grpc-tuned";
  }

  private static String onSameJdk(String baseline, String variant) {
    int at = variant.indexOf('@');
    return at < 0 ? baseline : baseline + variant.substring(at);
  }
}
