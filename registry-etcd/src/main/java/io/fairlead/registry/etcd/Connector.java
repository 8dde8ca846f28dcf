package io.fairlead.registry.etcd;

import io.grpc.ManagedChannel;
import java.util.List;

/** Opens channels to the endpoints of one etcd cluster. */
interface Connector {
  /** Returns the endpoints by name, in the order given by the user. */
  List<String> endpoints();

  /**
   * Returns a new channel to the endpoint with this number, that uses no executor but the I/O
   * threads.
   */
  ManagedChannel open(int endpoint);
}
