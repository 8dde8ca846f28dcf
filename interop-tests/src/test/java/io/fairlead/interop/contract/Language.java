package io.fairlead.interop.contract;

import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;

/** The languages that speak the contract besides ours. */
enum Language {
  GO("Go") {
    @Override
    Peer client() {
      return Peers.goWithContract("go-depot", "depot/v1/depot.proto").with("call");
    }

    @Override
    Program server() {
      return Peers.goWithContract("go-depot", "depot/v1/depot.proto").start("serve");
    }
  },
  PYTHON("Python") {
    @Override
    Peer client() {
      return Peers.python("depot_client.py");
    }

    @Override
    Program server() {
      return Peers.python("depot_server.py").start();
    }
  },
  NODE("Node") {
    @Override
    Peer client() {
      return Peers.node("depot_client.js");
    }

    @Override
    Program server() {
      return Peers.node("depot_server.js").start();
    }
  },
  RUST("Rust (tonic)") {
    @Override
    Peer client() {
      return Peers.rust("depot_client");
    }

    @Override
    Program server() {
      return Peers.rust("depot_server").start();
    }
  },
  CPP("C++ (Debian's grpc++)") {
    @Override
    Peer client() {
      return Peers.cpp("depot_client");
    }

    @Override
    Program server() {
      return Peers.cpp("depot_server").start();
    }
  };

  private final String title;

  Language(String title) {
    this.title = title;
  }

  /** Its name in the report. */
  String title() {
    return title;
  }

  /** The program that calls. */
  abstract Peer client();

  /** The program that serves, started. */
  abstract Program server();
}
