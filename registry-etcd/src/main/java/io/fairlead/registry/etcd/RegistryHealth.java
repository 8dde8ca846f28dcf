package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a registry stands at this moment, as values for a health page or for metrics. */
public final class RegistryHealth {
  private final boolean linked;
  private final @Nullable String endpoint;
  private final Duration linkAge;
  private final @Nullable String lastError;
  private final long linkLosses;
  private final @Nullable Duration leaseRemaining;
  private final long leaseLosses;
  private final @Nullable Duration certificateLeft;
  private final List<RegistrationHealth> registrations;
  private final List<WatchHealth> watches;

  private RegistryHealth(Builder builder) {
    linked = builder.linked;
    endpoint = builder.endpoint;
    linkAge = builder.linkAge;
    lastError = builder.lastError;
    linkLosses = builder.linkLosses;
    leaseRemaining = builder.leaseRemaining;
    leaseLosses = builder.leaseLosses;
    certificateLeft = builder.certificateLeft;
    registrations = List.copyOf(builder.registrations);
    watches = List.copyOf(builder.watches);
  }

  static Builder builder() {
    return new Builder();
  }

  /** Returns whether etcd answers. */
  public boolean linked() {
    return linked;
  }

  /** Returns the endpoint in use; empty while there is none. */
  public Optional<String> endpoint() {
    return Optional.ofNullable(endpoint);
  }

  /** Returns for how long it has been linked, or not. */
  public Duration linkAge() {
    return linkAge;
  }

  /**
   * Returns why it is not linked. While it is linked, returns why etcd refuses writes, or which
   * endpoints are of another cluster; empty if all is well.
   */
  public Optional<String> lastError() {
    return Optional.ofNullable(lastError);
  }

  /** Returns how often the link was lost. */
  public long linkLosses() {
    return linkLosses;
  }

  /** Returns what is left of the lease by our own clock; empty while there is none. */
  public Optional<Duration> leaseRemaining() {
    return Optional.ofNullable(leaseRemaining);
  }

  /** Returns how often the lease was lost. */
  public long leaseLosses() {
    return leaseLosses;
  }

  /**
   * Returns for how long the own certificate is valid; negative once it has expired, empty without
   * one.
   */
  public Optional<Duration> certificateLeft() {
    return Optional.ofNullable(certificateLeft);
  }

  /** Returns the registrations, in the order in which they were made. */
  public List<RegistrationHealth> registrations() {
    return registrations;
  }

  /** Returns the watches, ordered by service. */
  public List<WatchHealth> watches() {
    return watches;
  }

  /** Returns the same as numbers with names; ask a fresh health whenever metrics are collected. */
  public List<RegistryGauge> gauges() {
    return RegistryGauges.of(this);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RegistryHealth that
        && linked == that.linked
        && Objects.equals(endpoint, that.endpoint)
        && linkAge.equals(that.linkAge)
        && Objects.equals(lastError, that.lastError)
        && linkLosses == that.linkLosses
        && Objects.equals(leaseRemaining, that.leaseRemaining)
        && leaseLosses == that.leaseLosses
        && Objects.equals(certificateLeft, that.certificateLeft)
        && registrations.equals(that.registrations)
        && watches.equals(that.watches);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        linked,
        endpoint,
        linkAge,
        lastError,
        linkLosses,
        leaseRemaining,
        leaseLosses,
        certificateLeft,
        registrations,
        watches);
  }

  /** Returns one line of text. */
  @Override
  public String toString() {
    return (linked ? "linked" : "not linked")
        + endpoint().map(one -> " to " + one).orElse("")
        + " for "
        + DurationFormat.format(linkAge)
        + lastError().map(error -> " (" + error + ")").orElse("")
        + ", link losses "
        + linkLosses
        + leaseRemaining()
            .map(left -> ", lease for " + DurationFormat.format(left) + " more")
            .orElse(", no lease")
        + ", lease losses "
        + leaseLosses
        + certificateLeft()
            .map(left -> ", certificate for " + DurationFormat.format(left) + " more")
            .orElse("")
        + ", registrations "
        + registrations
        + ", watches "
        + watches;
  }

  static final class Builder {
    private boolean linked;
    private @Nullable String endpoint;
    private Duration linkAge = Duration.ZERO;
    private @Nullable String lastError;
    private long linkLosses;
    private @Nullable Duration leaseRemaining;
    private long leaseLosses;
    private @Nullable Duration certificateLeft;
    private List<RegistrationHealth> registrations = List.of();
    private List<WatchHealth> watches = List.of();

    private Builder() {}

    Builder linked(boolean value) {
      linked = value;
      return this;
    }

    Builder endpoint(@Nullable String value) {
      endpoint = value;
      return this;
    }

    Builder linkAge(Duration value) {
      linkAge = Objects.requireNonNull(value, "linkAge");
      return this;
    }

    Builder lastError(@Nullable String value) {
      lastError = value;
      return this;
    }

    Builder linkLosses(long value) {
      linkLosses = value;
      return this;
    }

    Builder leaseRemaining(@Nullable Duration value) {
      leaseRemaining = value;
      return this;
    }

    Builder leaseLosses(long value) {
      leaseLosses = value;
      return this;
    }

    Builder certificateLeft(@Nullable Duration value) {
      certificateLeft = value;
      return this;
    }

    Builder registrations(List<RegistrationHealth> value) {
      registrations = Objects.requireNonNull(value, "registrations");
      return this;
    }

    Builder watches(List<WatchHealth> value) {
      watches = Objects.requireNonNull(value, "watches");
      return this;
    }

    RegistryHealth build() {
      return new RegistryHealth(this);
    }
  }
}
