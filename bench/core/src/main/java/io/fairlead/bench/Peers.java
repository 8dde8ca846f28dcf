package io.fairlead.bench;

/** Which variant another one is held against. */
final class Peers {
  private Peers() {}

  /** Hand-tuned grpc-java with the same binding: handlers on the event loop, or on a pool. */
  static String tuned(String variant) {
    return Plan.plainName(variant).endsWith("-bind") ? "grpc-tuned-pool" : "grpc-tuned";
  }

  static String onSameJdk(String baseline, String variant) {
    int at = variant.indexOf('@');
    return at < 0 ? baseline : baseline + variant.substring(at);
  }
}
