package io.fairlead.interop.registry;

/** The package {@code naming} of etcd's own client for Go. */
class EtcdNamingIT extends NamingContract {
  EtcdNamingIT() {
    super(Naming.ETCD);
  }
}
