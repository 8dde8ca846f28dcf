package io.fairlead.interop.registry;

import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;

/** A server in Go with the contract, which no registry knows yet; answers in its own name. */
record GoServer(Program program) implements AutoCloseable {
  static GoServer start(String name) {
    return new GoServer(
        Peers.goWithContract("go-depot", "depot/v1/depot.proto").start("serve", "-name", name));
  }

  String address() {
    return "127.0.0.1:" + program.port();
  }

  @Override
  public void close() {
    program.close();
  }
}
