package io.fairlead.registry.etcd;

/** The fault table on a real etcd, in real time. */
final class RealFaultTableIT extends FaultTableContract {
  @Override
  World open() {
    return new RealWorld();
  }
}
