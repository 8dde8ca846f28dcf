package io.fairlead.registry.etcd;

import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.Optional;

/**
 * How a watched service stands.
 *
 * @param freshness of the list in use, or empty if there is none
 * @param endpoints in that list
 * @param revision of etcd that it shows
 * @param age for how long etcd has not been heard about it; zero while it is heard; for a list from
 *     the disk, since when it was saved
 * @param relists how often the whole list was read again
 * @param replacements how often etcd turned out to be another store
 * @param preservations how often self-preservation kept endpoints that disappeared
 * @param missing endpoints that disappeared lately without deregistering
 */
public record WatchHealth(
    String service,
    Optional<Freshness> freshness,
    int endpoints,
    long revision,
    Duration age,
    long relists,
    long replacements,
    long preservations,
    int missing) {
  /** One line for people. */
  @Override
  public String toString() {
    return service
        + ": "
        + freshness.map(Freshness::toString).orElse("no list")
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
}
