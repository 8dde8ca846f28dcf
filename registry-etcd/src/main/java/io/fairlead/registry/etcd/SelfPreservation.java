package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Endpoints that vanished lately without having said that they leave. When more vanished than are
 * left, or etcd has lost its data, it is rather etcd, or whoever keeps it, that is wrong: they are
 * not believed to be gone before the grace is over.
 */
final class SelfPreservation {
  private record Missing(Endpoint endpoint, long sinceNanos) {}

  private final long graceNanos;
  private final Map<String, Missing> missing = new HashMap<>();
  private boolean active;

  SelfPreservation(long graceNanos) {
    this.graceNanos = graceNanos;
  }

  /** Takes note of those that said nothing before. */
  void recordMissing(Collection<Endpoint> endpoints, long nowNanos) {
    for (Endpoint endpoint : endpoints) {
      if (!endpoint.draining()) {
        missing.put(endpoint.id(), new Missing(endpoint, nowNanos));
      }
    }
  }

  /** Forgets those that are back, and those whose grace is over. */
  void expire(ServiceEndpoints view, long nowNanos) {
    if (!missing.isEmpty()) {
      missing
          .values()
          .removeIf(
              gone -> view.contains(gone.endpoint()) || nowNanos - gone.sinceNanos() >= graceNanos);
    }
  }

  /** Whoever is missing now is not believed to be gone, however few they are. */
  void activate() {
    active = true;
  }

  /** These did say good-bye, as turned out later; by id, as they were when they said it. */
  void confirmDeparture(Map<String, Endpoint> goodByes) {
    goodByes.forEach(
        (id, endpoint) -> {
          Missing gone = missing.get(id);
          // A restored store may tell of an earlier process with the same id.
          if (gone != null && gone.endpoint().startedAt().equals(endpoint.startedAt())) {
            missing.remove(id);
          }
        });
  }

  /** The grace begins anew: while etcd was silent, nobody could come back. */
  void restartGrace(long nowNanos) {
    missing.replaceAll((id, gone) -> new Missing(gone.endpoint(), nowNanos));
  }

  /**
   * Whether so many are missing that it is not believed. Once it is so, it lasts until the last of
   * them is back or believed to be gone: those who come back first must not cost the others theirs.
   */
  boolean isActive(int present) {
    active = !missing.isEmpty() && (active || missing.size() > present);
    return active;
  }

  /** Those present and those missing, ordered by id. */
  List<Endpoint> withMissing(List<Endpoint> present) {
    List<Endpoint> all = new ArrayList<>(present);
    missing.values().forEach(gone -> all.add(gone.endpoint()));
    all.sort(Comparator.comparing(Endpoint::id));
    return all;
  }

  /** When the first grace is over, or -1 if nobody is missing. */
  long nanosToNextExpiry(long nowNanos) {
    return missing.values().stream()
        .mapToLong(gone -> Math.max(0, graceNanos - (nowNanos - gone.sinceNanos())))
        .min()
        .orElse(-1);
  }

  int size() {
    return missing.size();
  }
}
