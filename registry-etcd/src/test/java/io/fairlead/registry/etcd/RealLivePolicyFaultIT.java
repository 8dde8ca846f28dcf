package io.fairlead.registry.etcd;

import io.fairlead.testkit.EtcdRelease;

/** The faults of live policies on a real etcd, in real time. */
final class RealLivePolicyFaultIT extends LivePolicyFaultContract {
  @Override
  World open() {
    return new RealWorld(EtcdRelease.INSTALLED);
  }
}
