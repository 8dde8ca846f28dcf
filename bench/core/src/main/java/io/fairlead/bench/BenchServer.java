package io.fairlead.bench;

/** A running server of a variant. */
public interface BenchServer extends AutoCloseable {
  /** Where it listens. */
  int port();

  @Override
  void close();
}
