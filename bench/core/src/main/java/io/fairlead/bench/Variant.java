package io.fairlead.bench;

import java.util.List;

/** One framework in one set-up. Found by ServiceLoader in the processes that measure it. */
public interface Variant {
  /** As on the command line and in reports. */
  String name();

  /** Starts a server on a free port of the loopback interface. */
  BenchServer startServer(Wire wire) throws Exception;

  /**
   * Connects a client; throws {@link UnsupportedOperationException} where there is only a server.
   */
  BenchClient connect(Wire wire, int port) throws Exception;

  /** The same, for a variant whose server tells more than its own port. */
  default BenchClient connect(Wire wire, List<Integer> entries) throws Exception {
    return connect(wire, entries.get(0));
  }
}
