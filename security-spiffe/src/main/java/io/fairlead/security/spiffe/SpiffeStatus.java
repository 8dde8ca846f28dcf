package io.fairlead.security.spiffe;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How it stands with the certificate of this process at one moment. Immutable. */
public final class SpiffeStatus {
  private final @Nullable String spiffeId;
  private final @Nullable Instant expiry;
  private final long updates;
  private final @Nullable String failure;

  SpiffeStatus(
      @Nullable String spiffeId, @Nullable Instant expiry, long updates, @Nullable String failure) {
    this.spiffeId = spiffeId;
    this.expiry = expiry;
    this.updates = updates;
    this.failure = failure;
  }

  /** Returns the id of this process; empty before the agent has given one. */
  public Optional<String> spiffeId() {
    return Optional.ofNullable(spiffeId);
  }

  /** Returns until when the certificate is valid; empty before there is one. */
  public Optional<Instant> expiry() {
    return Optional.ofNullable(expiry);
  }

  /** Returns how many certificates or bundles were taken from the agent. */
  public long updates() {
    return updates;
  }

  /** Returns why the agent gives nothing now; empty while its stream is open. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof SpiffeStatus that
            && Objects.equals(spiffeId, that.spiffeId)
            && Objects.equals(expiry, that.expiry)
            && updates == that.updates
            && Objects.equals(failure, that.failure));
  }

  @Override
  public int hashCode() {
    return Objects.hash(spiffeId, expiry, updates, failure);
  }

  /** Returns the status on one line. */
  @Override
  public String toString() {
    return (spiffeId == null ? "no certificate" : spiffeId + ", valid until " + expiry)
        + (failure == null ? "" : "; " + failure);
  }
}
