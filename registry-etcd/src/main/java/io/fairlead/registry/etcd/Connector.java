package io.fairlead.registry.etcd;

import io.grpc.ManagedChannel;
import java.util.List;

/** Opens channels to the endpoints of one etcd cluster. */
interface Connector {
  /** The endpoints by name, in the order given by the user. */
  List<String> endpoints();

  /** A new channel to the endpoint with this number, that uses no executor but the I/O threads. */
  ManagedChannel open(int endpoint);
}
