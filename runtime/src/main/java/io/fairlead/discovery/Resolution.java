package io.fairlead.discovery;

import java.util.Objects;

/** What a registry knows of a service at this moment. */
public sealed interface Resolution {

  /** The first answer has not come yet. */
  record Pending() implements Resolution {}

  /**
   * These endpoints are there. They may be the last known ones, preserved while the registry is
   * silent.
   */
  record Bound(EndpointSnapshot snapshot, Freshness freshness) implements Resolution {
    public Bound {
      Objects.requireNonNull(snapshot, "snapshot");
      Objects.requireNonNull(freshness, "freshness");
      if (snapshot.endpoints().isEmpty()) {
        throw new IllegalArgumentException(
            "a bound resolution of " + snapshot.service() + " needs an endpoint; use Absent");
      }
    }
  }

  /** The registry answered, and believes that no endpoint is there. */
  record Absent(String service, long revision) implements Resolution {
    public Absent {
      Objects.requireNonNull(service, "service");
    }
  }

  /** No answer was ever had; the reason says which registry, since when, and its last error. */
  record Failed(String service, String reason) implements Resolution {
    public Failed {
      Objects.requireNonNull(service, "service");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /** How far a bound list can be trusted. */
  enum Freshness {
    /** The registry says so now. */
    CURRENT,
    /** The registry is silent; this is what it said last. */
    STALE,
    /** Most or all disappeared without deregistering; self-preservation keeps them for a time. */
    PRESERVED,
    /** From the disk, before the first answer. */
    RESTORED
  }
}
