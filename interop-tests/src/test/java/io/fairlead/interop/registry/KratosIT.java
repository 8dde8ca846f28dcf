package io.fairlead.interop.registry;

/** go-kratos' own registry package for etcd. */
class KratosIT extends NamingContract {
  KratosIT() {
    super(Naming.KRATOS);
  }
}
