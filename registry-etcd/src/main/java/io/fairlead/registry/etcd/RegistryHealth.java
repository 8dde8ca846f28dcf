package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a registry stands at this moment, as values for a health page or for metrics.
 *
 * @param linked whether etcd answers
 * @param endpoint the endpoint in use, or empty while there is none
 * @param linkAge for how long it has been linked, or not
 * @param lastError why it is not linked, or empty
 * @param linkLosses how often the link was lost
 * @param leaseRemaining of the lease by our own clock, or empty while there is none
 * @param leaseLosses how often the lease was lost
 * @param registrations in the order in which they were made
 * @param watches ordered by service
 */
public record RegistryHealth(
    boolean linked,
    Optional<String> endpoint,
    Duration linkAge,
    Optional<String> lastError,
    long linkLosses,
    Optional<Duration> leaseRemaining,
    long leaseLosses,
    List<RegistrationHealth> registrations,
    List<WatchHealth> watches) {
  public RegistryHealth {
    registrations = List.copyOf(registrations);
    watches = List.copyOf(watches);
  }

  /** The same as numbers with names; ask a fresh health whenever metrics are collected. */
  public List<RegistryGauge> gauges() {
    return RegistryGauges.of(this);
  }

  /** One line for people. */
  @Override
  public String toString() {
    return (linked ? "linked" : "not linked")
        + endpoint.map(one -> " to " + one).orElse("")
        + " for "
        + DurationFormat.format(linkAge)
        + lastError.map(error -> " (" + error + ")").orElse("")
        + ", link losses "
        + linkLosses
        + leaseRemaining
            .map(left -> ", lease for " + DurationFormat.format(left) + " more")
            .orElse(", no lease")
        + ", lease losses "
        + leaseLosses
        + ", registrations "
        + registrations
        + ", watches "
        + watches;
  }
}
