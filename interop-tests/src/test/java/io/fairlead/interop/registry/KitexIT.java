package io.fairlead.interop.registry;

/** Kitex' own registry package for etcd, and the list that a client of Kitex keeps. */
class KitexIT extends NamingContract {
  KitexIT() {
    super(Naming.KITEX);
  }
}
