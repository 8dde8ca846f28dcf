package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Serves the last successful response to the same request when a call fails. Responses are kept in
 * the memory of the channel, bounded by age and number; two requests are the same if their bytes
 * are.
 */
public final class StaleIfErrorPolicy {
  private final Duration maxAge;
  private final int maxEntries;

  private StaleIfErrorPolicy(Builder builder, Duration maxAge) {
    this.maxAge = maxAge;
    maxEntries = builder.maxEntries;
    Arguments.positive("staleIfError.maxAge", maxAge);
    Arguments.range("staleIfError.maxEntries", maxEntries, 1, 1_000_000);
  }

  /** Returns a builder; both values must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxAge = maxAge;
    builder.maxEntries = maxEntries;
    return builder;
  }

  /** Returns the age of the oldest response that is still served. */
  public Duration maxAge() {
    return maxAge;
  }

  /** Returns the responses stored per method; the least recently used goes first. */
  public int maxEntries() {
    return maxEntries;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StaleIfErrorPolicy that
        && maxAge.equals(that.maxAge)
        && maxEntries == that.maxEntries;
  }

  @Override
  public int hashCode() {
    return Objects.hash(maxAge, maxEntries);
  }

  @Override
  public String toString() {
    return "up to "
        + Plural.of(maxEntries, "response")
        + ", up to "
        + Durations.format(maxAge)
        + " old";
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable Duration maxAge;
    private int maxEntries;

    private Builder() {}

    /** Sets the age of the oldest response that is still served. Must be given. */
    public Builder maxAge(Duration value) {
      maxAge = Objects.requireNonNull(value, "maxAge");
      return this;
    }

    /** Responses stored per method; the least recently used goes first. Must be given. */
    public Builder maxEntries(int value) {
      maxEntries = value;
      return this;
    }

    /** Returns the checked value. */
    public StaleIfErrorPolicy build() {
      if (maxAge == null) {
        throw new IllegalArgumentException(
            "staleIfError.maxAge is not set; give the age of the oldest response that is served, as"
                + " in \"5m\"");
      }
      return new StaleIfErrorPolicy(this, maxAge);
    }
  }
}
