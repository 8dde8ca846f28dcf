package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps responses of a method: to answer equal calls without a server for a time, or in place of a
 * failure. Two calls are equal if their requests have the same bytes, and the varied headers the
 * same values.
 *
 * <p>Responses are kept in the memory of the channel, bounded by number and by bytes. A store may
 * share them with other processes.
 */
public final class CachePolicy {
  private final @Nullable Duration ttl;
  private final @Nullable Duration staleIfError;
  private final int maxEntries;
  private final int maxBytes;
  private final List<String> vary;
  private final boolean sharedFlight;

  private CachePolicy(Builder builder) {
    ttl = builder.ttl;
    staleIfError = builder.staleIfError;
    maxEntries = builder.maxEntries;
    maxBytes = builder.maxBytes;
    vary = builder.vary;
    sharedFlight = builder.sharedFlight;
    if (ttl == null && staleIfError == null) {
      throw new IllegalArgumentException(
          "cache has neither ttl nor staleIfError, so no response would ever be served from it;"
              + " state one of them, as in ttl \"5s\"");
    }
    if (ttl != null) {
      Arguments.positive("cache.ttl", ttl);
    }
    if (staleIfError != null) {
      Arguments.positive("cache.staleIfError", staleIfError);
    }
    if (ttl != null && staleIfError != null && staleIfError.compareTo(ttl) < 0) {
      throw new IllegalArgumentException(
          "cache.staleIfError %s is below cache.ttl %s; it is the age of the oldest response that is served when a call fails, so raise it, or leave it out"
              .formatted(Durations.format(staleIfError), Durations.format(ttl)));
    }
    Arguments.range("cache.maxEntries", maxEntries, 1, 1_000_000);
    Arguments.bytes("cache.maxBytes", maxBytes);
    vary.forEach(name -> Arguments.header("cache.vary", name));
  }

  /** Returns a builder; {@code ttl} or {@code staleIfError} must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.ttl = ttl;
    builder.staleIfError = staleIfError;
    builder.maxEntries = maxEntries;
    builder.maxBytes = maxBytes;
    builder.vary = vary;
    builder.sharedFlight = sharedFlight;
    return builder;
  }

  /** Returns how long a response answers equal calls; empty if each call goes to a server. */
  public Optional<Duration> ttl() {
    return Optional.ofNullable(ttl);
  }

  /** Returns the age of the oldest response that is served when a call fails; empty for none. */
  public Optional<Duration> staleIfError() {
    return Optional.ofNullable(staleIfError);
  }

  /** Returns how many responses are kept; the least recently used goes first. */
  public int maxEntries() {
    return maxEntries;
  }

  /** Returns how many bytes of requests and responses are kept. */
  public int maxBytes() {
    return maxBytes;
  }

  /** Returns the headers whose values make calls different, in lower case. */
  public List<String> vary() {
    return vary;
  }

  /** Returns whether a call joins an equal one that is under way. */
  public boolean sharedFlight() {
    return sharedFlight;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CachePolicy that
        && Objects.equals(ttl, that.ttl)
        && Objects.equals(staleIfError, that.staleIfError)
        && maxEntries == that.maxEntries
        && maxBytes == that.maxBytes
        && vary.equals(that.vary)
        && sharedFlight == that.sharedFlight;
  }

  @Override
  public int hashCode() {
    return Objects.hash(ttl, staleIfError, maxEntries, maxBytes, vary, sharedFlight);
  }

  @Override
  public String toString() {
    return (ttl == null ? "" : "for " + Durations.format(ttl) + ", ")
        + (staleIfError == null
            ? ""
            : "on errors up to " + Durations.format(staleIfError) + " old, ")
        + "up to "
        + Plural.of(maxEntries, "response")
        + " and "
        + Plural.of(maxBytes, "byte")
        + (vary.isEmpty() ? "" : ", by " + String.join(", ", vary))
        + (sharedFlight ? "" : ", equal calls apart");
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable Duration ttl;
    private @Nullable Duration staleIfError;
    private int maxEntries = 1_000;
    private int maxBytes = 16 << 20;
    private List<String> vary = List.of();
    private boolean sharedFlight = true;

    private Builder() {}

    /**
     * Sets how long a response answers equal calls, for a method that is {@code NO_SIDE_EFFECTS}.
     * Default: each call goes to a server.
     */
    public Builder ttl(Duration value) {
      ttl = Objects.requireNonNull(value, "ttl");
      return this;
    }

    /**
     * Sets the age of the oldest response that is served when a call fails; not below the ttl.
     * Default: none is.
     */
    public Builder staleIfError(Duration value) {
      staleIfError = Objects.requireNonNull(value, "staleIfError");
      return this;
    }

    /** Sets how many responses are kept. The least recently used goes first. Default: 1000. */
    public Builder maxEntries(int value) {
      maxEntries = value;
      return this;
    }

    /** Sets how many bytes of requests and responses are kept. Default: 16 MiB. */
    public Builder maxBytes(int value) {
      maxBytes = value;
      return this;
    }

    /** Sets the headers whose values make calls different. Default: none. */
    public Builder vary(List<String> headers) {
      List<String> names = new ArrayList<>();
      headers.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
      vary = names.stream().distinct().sorted().toList();
      return this;
    }

    /** Does the same as {@link #vary(List)}. */
    public Builder vary(String... headers) {
      return vary(List.of(headers));
    }

    /** Sets whether a call joins an equal one that is under way. Default: true. */
    public Builder sharedFlight(boolean value) {
      sharedFlight = value;
      return this;
    }

    /** Returns the checked value. */
    public CachePolicy build() {
      return new CachePolicy(this);
    }
  }
}
