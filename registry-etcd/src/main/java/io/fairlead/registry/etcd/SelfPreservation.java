package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Endpoints that disappeared lately without deregistering. When more disappeared than remain, or
 * etcd has lost its data, the fault is more likely in etcd: the endpoints are kept until the grace
 * period is over.
 */
final class SelfPreservation {
  private record Missing(Endpoint endpoint, long sinceNanos) {}

  private final long graceNanos;
  private final Map<String, Missing> missing = new HashMap<>();
  private boolean active;

  SelfPreservation(long graceNanos) {
    this.graceNanos = graceNanos;
  }

  /** Records those that were not draining. */
  void recordMissing(Collection<Endpoint> endpoints, long nowNanos) {
    for (Endpoint endpoint : endpoints) {
      if (!endpoint.draining()) {
        missing.put(endpoint.id(), new Missing(endpoint, nowNanos));
      }
    }
  }

  /** Forgets those that are back, and those whose grace is over. */
  void expire(ServiceEndpoints present, long nowNanos) {
    if (!missing.isEmpty()) {
      missing
          .values()
          .removeIf(
              gone ->
                  present.contains(gone.endpoint()) || nowNanos - gone.sinceNanos() >= graceNanos);
    }
  }

  /** Keeps all that are missing now, however few they are. */
  void activate() {
    active = true;
  }

  /** These deregistered, as was learned later; by id, as they were when they did. */
  void confirmDeparture(Map<String, Endpoint> departed) {
    departed.forEach(
        (id, endpoint) -> {
          Missing gone = missing.get(id);
          // A restored store may contain an earlier process with the same id.
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
   * Returns whether so many are missing that they are kept. Once active, it stays so until the last
   * of them is back or its grace period is over, also when most of them are back before that.
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

  /** Returns when the first grace is over, or -1 if nobody is missing. */
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
