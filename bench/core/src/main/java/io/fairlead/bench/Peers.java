package io.fairlead.bench;

/** Which variant another one is held against. */
final class Peers {
  private Peers() {}

  /**
   * Hand-tuned grpc-java with the same binding, handlers on the event loop or on a pool, and with
   * as many servers.
   */
  static String tuned(String variant) {
    String name = Plan.plainName(variant);
    return (name.endsWith("-bind") ? "grpc-tuned-pool" : "grpc-tuned")
        + (name.startsWith("fairlead-all") ? "-three" : "");
  }

  static String onSameJdk(String baseline, String variant) {
    int at = variant.indexOf('@');
    return at < 0 ? baseline : baseline + variant.substring(at);
  }
}
