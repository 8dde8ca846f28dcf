package io.fairlead.policy;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;

/**
 * Serves the last successful response to the same request when a call fails.
 *
 * @param maxAge the age of the oldest response that is still served
 * @param maxEntries responses stored per method; the least recently used goes first
 */
public record StaleIfErrorPolicy(Duration maxAge, int maxEntries) {
  public StaleIfErrorPolicy {
    Arguments.positive("staleIfError.maxAge", maxAge);
    Arguments.range("staleIfError.maxEntries", maxEntries, 1, 1_000_000);
  }

  /** Of responses up to this age, e.g. {@code "5m"}; at most this many. */
  public static StaleIfErrorPolicy of(String maxAge, int maxEntries) {
    return new StaleIfErrorPolicy(Durations.parse("staleIfError.maxAge", maxAge), maxEntries);
  }

  @Override
  public String toString() {
    return "up to "
        + Plural.of(maxEntries, "response")
        + ", up to "
        + Durations.format(maxAge)
        + " old";
  }
}
