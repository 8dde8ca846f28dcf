package io.fairlead.registry.etcd;

import io.fairlead.testkit.EtcdRelease;
import org.junit.jupiter.api.Nested;

/** The fault table on real etcds, in real time. */
final class RealFaultTableIT {
  @Nested
  final class Installed extends FaultTableContract {
    @Override
    World open() {
      return new RealWorld(EtcdRelease.INSTALLED);
    }
  }

  @Nested
  final class Built extends FaultTableContract {
    @Override
    World open() {
      return new RealWorld(EtcdRelease.BUILT);
    }
  }
}
