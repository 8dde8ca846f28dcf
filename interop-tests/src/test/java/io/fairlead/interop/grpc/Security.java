package io.fairlead.interop.grpc;

/** Whether the bytes are readable on their way. */
enum Security {
  PLAINTEXT(""),
  TLS(" (TLS)");

  private final String suffix;

  Security(String suffix) {
    this.suffix = suffix;
  }

  /** The name of a peer in the report. */
  String of(String peer) {
    return peer + suffix;
  }
}
