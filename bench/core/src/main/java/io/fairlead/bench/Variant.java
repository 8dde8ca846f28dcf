package io.fairlead.bench;

import java.util.ArrayList;
import java.util.List;

/** One framework in one set-up. Found by ServiceLoader in the processes that measure it. */
public interface Variant {
  /** As on the command line and in reports. */
  String name();

  /** Starts a server on a free port of the loopback interface. */
  BenchServer startServer(Wire wire) throws Exception;

  /** Starts several, for clients that balance. */
  default BenchServer startServers(Wire wire, int count) throws Exception {
    if (count == 1) {
      return startServer(wire);
    }
    List<BenchServer> servers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      servers.add(startServer(wire));
    }
    return new BenchServer() {
      @Override
      public int port() {
        return servers.get(0).port();
      }

      @Override
      public List<Integer> entries() {
        return servers.stream().map(BenchServer::port).toList();
      }

      @Override
      public void close() {
        servers.forEach(BenchServer::close);
      }
    };
  }

  /**
   * Connects a client; throws {@link UnsupportedOperationException} where there is only a server.
   */
  BenchClient connect(Wire wire, int port) throws Exception;

  /** Connects a client to all that {@link BenchServer#entries} told. */
  default BenchClient connect(Wire wire, List<Integer> entries) throws Exception {
    if (entries.size() > 1) {
      throw new UnsupportedOperationException(name() + " is set up for one server only");
    }
    return connect(wire, entries.get(0));
  }
}
