package io.fairlead.registry.etcd;

import io.grpc.ManagedChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Opens channels to the endpoints of one etcd cluster. */
interface Connector {
  /** Returns the endpoints by name, in the order given by the user. */
  List<String> endpoints();

  /**
   * Returns a new channel to the endpoint with this number, that uses no executor but the I/O
   * threads.
   */
  ManagedChannel open(int endpoint);

  /** Runs the listener when new connections would use other certificates than those before. */
  default void onNewFiles(Runnable listener) {}

  /** Returns until when the own certificate is valid; empty without one. */
  default Optional<Instant> certificateExpiry() {
    return Optional.empty();
  }

  /** Releases what is not of a channel. */
  default void close() {}
}
