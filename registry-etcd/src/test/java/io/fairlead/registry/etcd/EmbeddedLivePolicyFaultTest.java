package io.fairlead.registry.etcd;

/** The faults of live policies on the embedded etcd, in virtual time. */
final class EmbeddedLivePolicyFaultTest extends LivePolicyFaultContract {
  @Override
  World open() {
    return new EmbeddedWorld();
  }
}
