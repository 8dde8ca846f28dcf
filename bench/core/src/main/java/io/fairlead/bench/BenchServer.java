package io.fairlead.bench;

import java.util.List;

/** A running server of a variant. */
public interface BenchServer extends AutoCloseable {
  /** Where it listens. */
  int port();

  /** What its clients are told: this server, all of several servers, or a registry. */
  default List<Integer> entries() {
    return List.of(port());
  }

  @Override
  void close();
}
