package io.fairlead.registry.etcd;

import io.fairlead.discovery.EndpointSnapshot;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Saves the last known list of each service for a start while etcd is down. */
interface SnapshotStore extends AutoCloseable {
  /** A list, and when it was saved. */
  record Saved(EndpointSnapshot snapshot, Instant savedAt) {}

  /** Saves nothing. */
  SnapshotStore NONE =
      new SnapshotStore() {
        @Override
        public void load(String service, Consumer<@Nullable Saved> found) {
          found.accept(null);
        }

        @Override
        public void save(EndpointSnapshot snapshot) {}

        @Override
        public void close() {}
      };

  /**
   * Hands over what was saved, or null if nothing can be used; on any thread, and late or never.
   */
  void load(String service, Consumer<@Nullable Saved> found);

  /** Saves this list, soon. */
  void save(EndpointSnapshot snapshot);

  /** Writes what is still to be written. */
  @Override
  void close();
}
