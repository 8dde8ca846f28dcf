package io.fairlead.interop.registry;

/** go-zero's own package for discovery in etcd. */
class ZeroIT extends NamingContract {
  ZeroIT() {
    super(Naming.ZERO);
  }
}
