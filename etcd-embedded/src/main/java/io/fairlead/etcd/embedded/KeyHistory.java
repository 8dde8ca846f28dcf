package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one key held at each revision since the last compaction. */
final class KeyHistory {
  private record Version(long revision, @Nullable KeyValue value) {}

  private final List<Version> versions = new ArrayList<>(2);

  /** Appends; {@code value} is null where the key was deleted. */
  void add(long revision, @Nullable KeyValue value) {
    versions.add(new Version(revision, value));
  }

  /** Returns what the key held at {@code revision}, or null if it was absent then. */
  @Nullable KeyValue at(long revision) {
    int index = indexAt(revision);
    return index < 0 ? null : versions.get(index).value();
  }

  /** Forgets what nobody can ask for once {@code revision} is the oldest that may be read. */
  void compact(long revision) {
    int index = indexAt(revision);
    if (index < 0) {
      return;
    }
    boolean deleted = versions.get(index).value() == null;
    versions.subList(0, deleted ? index + 1 : index).clear();
  }

  boolean isEmpty() {
    return versions.isEmpty();
  }

  /** The last version not newer than {@code revision}; one transaction may have written two. */
  private int indexAt(long revision) {
    int low = 0;
    int high = versions.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (versions.get(middle).revision() <= revision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
