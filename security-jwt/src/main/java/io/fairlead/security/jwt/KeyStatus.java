package io.fairlead.security.jwt;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /**
   * Returns the numbers for metrics, labelled with the issuer: {@code fairlead.token.keys}, {@code
   * .usable} and {@code .failing}, which are 0 or 1, and {@code .age.seconds} once keys were read.
   */
  public List<KeyGauge> gauges() {
    List<KeyGauge> gauges = new ArrayList<>();
    gauges.add(gauge("", keys));
    gauges.add(gauge(".usable", usable ? 1 : 0));
    gauges.add(gauge(".failing", failure == null ? 0 : 1));
    if (age != null) {
      gauges.add(gauge(".age.seconds", age.toNanos() / 1e9));
    }
    return gauges;
  }

  private KeyGauge gauge(String suffix, double value) {
    return new KeyGauge("fairlead.token.keys" + suffix, Map.of("issuer", issuer), value);
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
