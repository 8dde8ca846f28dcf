package io.fairlead.registry.etcd;

import io.fairlead.discovery.EndpointSnapshot;
import java.time.Instant;
import java.util.function.Consumer;

/** Keeps the last good list of each service for a start while etcd is down. */
interface SnapshotStore extends AutoCloseable {
  /** A list, and when it was kept. */
  record Kept(EndpointSnapshot snapshot, Instant at) {}

  /** Keeps nothing. */
  SnapshotStore NONE =
      new SnapshotStore() {
        @Override
        public void load(String service, Consumer<Kept> found) {}

        @Override
        public void save(EndpointSnapshot snapshot) {}

        @Override
        public void close() {}
      };

  /** Hands over what was kept, if it can be used; on any thread, later or never. */
  void load(String service, Consumer<Kept> found);

  /** Keeps this list, soon. */
  void save(EndpointSnapshot snapshot);

  /** Writes what is still to be written. */
  @Override
  void close();
}
