package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;

/**
 * Answers a failed call with the last good answer to the same request, by the request's bytes.
 *
 * @param maxAge the oldest answer that is still given
 * @param maxEntries answers kept per method; the least recently used goes first
 */
public record StaleIfErrorPolicy(Duration maxAge, int maxEntries) {
  public StaleIfErrorPolicy {
    Arguments.positive("lastGood.maxAge", maxAge);
    Arguments.range("lastGood.maxEntries", maxEntries, 1, 1_000_000);
  }

  /** Of answers up to this age, e.g. {@code "5m"}; at most this many. */
  public static StaleIfErrorPolicy of(String maxAge, int maxEntries) {
    return new StaleIfErrorPolicy(Durations.parse("lastGood.maxAge", maxAge), maxEntries);
  }

  @Override
  public String toString() {
    return "up to " + maxEntries + " answers, up to " + Durations.format(maxAge) + " old";
  }
}
