package io.fairlead.registry.etcd;

import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a watched service stands. */
public final class WatchHealth {
  private final String service;
  private final @Nullable Freshness freshness;
  private final int endpoints;
  private final long revision;
  private final Duration age;
  private final long relists;
  private final long replacements;
  private final long preservations;
  private final int missing;

  private WatchHealth(Builder builder) {
    service = builder.service;
    freshness = builder.freshness;
    endpoints = builder.endpoints;
    revision = builder.revision;
    age = builder.age;
    relists = builder.relists;
    replacements = builder.replacements;
    preservations = builder.preservations;
    missing = builder.missing;
  }

  static Builder builder() {
    return new Builder();
  }

  /** Returns the service's name. */
  public String service() {
    return service;
  }

  /** Returns how fresh the list in use is; empty if there is none. */
  public Optional<Freshness> freshness() {
    return Optional.ofNullable(freshness);
  }

  /** Returns how many endpoints are in that list. */
  public int endpoints() {
    return endpoints;
  }

  /** Returns the revision of etcd that it shows. */
  public long revision() {
    return revision;
  }

  /**
   * Returns for how long etcd has not been heard about it; zero while it is heard; for a list from
   * the disk, since when it was saved.
   */
  public Duration age() {
    return age;
  }

  /** Returns how often the whole list was read again. */
  public long relists() {
    return relists;
  }

  /** Returns how often etcd turned out to be another store. */
  public long replacements() {
    return replacements;
  }

  /** Returns how often self-preservation kept endpoints that disappeared. */
  public long preservations() {
    return preservations;
  }

  /** Returns how many endpoints disappeared lately without deregistering. */
  public int missing() {
    return missing;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WatchHealth that
        && service.equals(that.service)
        && Objects.equals(freshness, that.freshness)
        && endpoints == that.endpoints
        && revision == that.revision
        && age.equals(that.age)
        && relists == that.relists
        && replacements == that.replacements
        && preservations == that.preservations
        && missing == that.missing;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        service,
        freshness,
        endpoints,
        revision,
        age,
        relists,
        replacements,
        preservations,
        missing);
  }

  /** Returns one line of text. */
  @Override
  public String toString() {
    return service
        + ": "
        + freshness().map(Freshness::toString).orElse("no list")
        + ", "
        + Plural.of(endpoints, "endpoint")
        + " of revision "
        + revision
        + (age.isZero() ? "" : ", not heard for " + DurationFormat.format(age))
        + ", missing "
        + missing
        + ", relists "
        + relists
        + ", replacements "
        + replacements
        + ", preserved "
        + Plural.of(preservations, "time");
  }

  static final class Builder {
    private String service = "";
    private @Nullable Freshness freshness;
    private int endpoints;
    private long revision;
    private Duration age = Duration.ZERO;
    private long relists;
    private long replacements;
    private long preservations;
    private int missing;

    private Builder() {}

    Builder service(String value) {
      service = Objects.requireNonNull(value, "service");
      return this;
    }

    Builder freshness(@Nullable Freshness value) {
      freshness = value;
      return this;
    }

    Builder endpoints(int value) {
      endpoints = value;
      return this;
    }

    Builder revision(long value) {
      revision = value;
      return this;
    }

    Builder age(Duration value) {
      age = Objects.requireNonNull(value, "age");
      return this;
    }

    Builder relists(long value) {
      relists = value;
      return this;
    }

    Builder replacements(long value) {
      replacements = value;
      return this;
    }

    Builder preservations(long value) {
      preservations = value;
      return this;
    }

    Builder missing(int value) {
      missing = value;
      return this;
    }

    WatchHealth build() {
      return new WatchHealth(this);
    }
  }
}
