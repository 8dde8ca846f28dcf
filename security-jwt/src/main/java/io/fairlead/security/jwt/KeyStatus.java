package io.fairlead.security.jwt;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is known of the keys of an issuer at one moment. Immutable. */
public final class KeyStatus {
  private final String issuer;
  private final int keys;
  private final @Nullable Duration age;
  private final boolean usable;
  private final @Nullable String failure;

  KeyStatus(
      String issuer, int keys, @Nullable Duration age, boolean usable, @Nullable String failure) {
    this.issuer = issuer;
    this.keys = keys;
    this.age = age;
    this.usable = usable;
    this.failure = failure;
  }

  /** Returns the name of the issuer. */
  public String issuer() {
    return issuer;
  }

  /** Returns how many keys there are. */
  public int keys() {
    return keys;
  }

  /** Returns the time since they were read; empty before the first time. */
  public Optional<Duration> age() {
    return Optional.ofNullable(age);
  }

  /** Returns whether tokens are checked with them: they were read, and are not too old. */
  public boolean usable() {
    return usable;
  }

  /** Returns why the last attempt to read them failed; empty if it did not. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** Returns the status on one line. */
  @Override
  public String toString() {
    return issuer
        + ": "
        + keys
        + (keys == 1 ? " key" : " keys")
        + (age == null ? "" : ", read " + age.toSeconds() + "s ago")
        + (usable ? "" : ", not usable")
        + (failure == null ? "" : ", last failure: " + failure);
  }
}
