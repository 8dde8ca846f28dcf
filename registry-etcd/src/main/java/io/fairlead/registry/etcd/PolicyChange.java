package io.fairlead.registry.etcd;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** A change of live policy, with who makes it and why. Immutable. */
public final class PolicyChange {
  private static final Duration SHORTEST = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofHours(24);

  private final PolicyTarget target;
  private final JsonObject patch;
  private final String author;
  private final String reason;
  private final Optional<Duration> lasting;
  private final OptionalLong expectedRevision;

  private PolicyChange(Builder builder) {
    target = builder.target;
    patch = builder.patch;
    author = text("author", builder.author);
    reason = text("reason", builder.reason);
    lasting = builder.lasting;
    expectedRevision = builder.expectedRevision;
    if (patch.size() == 0) {
      throw new IllegalArgumentException(
          "the change of " + target + " states no field; give one, as in deadline \"300ms\"");
    }
    lasting.ifPresent(
        time -> {
          if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                "an emergency rule cannot last "
                    + DurationFormat.format(time)
                    + "; use 10s to 24h, or a rule that stays");
          }
        });
  }

  static String text(String what, String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException("the change has no " + what + "; name one");
    }
    return value;
  }

  /** Starts to describe a change of what is stated for a target. */
  public static Builder builder(PolicyTarget target) {
    return new Builder(target);
  }

  /** Returns what is changed. */
  public PolicyTarget target() {
    return target;
  }

  JsonObject patch() {
    return patch;
  }

  /** Returns who changes it. */
  public String author() {
    return author;
  }

  /** Returns why. */
  public String reason() {
    return reason;
  }

  /** Returns after how long it ends by itself; empty if it stays. */
  public Optional<Duration> lasting() {
    return lasting;
  }

  /** Returns the revision that it is based on; empty for whatever stands there. */
  public OptionalLong expectedRevision() {
    return expectedRevision;
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private final PolicyTarget target;
    private JsonObject patch = new JsonObject();
    private String author = "";
    private String reason = "";
    private Optional<Duration> lasting = Optional.empty();
    private OptionalLong expectedRevision = OptionalLong.empty();

    private Builder(PolicyTarget target) {
      this.target = Objects.requireNonNull(target, "target");
    }

    /**
     * Sets the fields that change, as JSON in the form of {@link PolicyJson}. What is not named
     * stays, and null takes a field out (RFC 7396).
     */
    public Builder patch(String json) {
      patch = PolicyJson.parse(json);
      return this;
    }

    /** Sets who changes it. Must be given. */
    public Builder author(String value) {
      author = Objects.requireNonNull(value, "author");
      return this;
    }

    /** Sets why. Must be given. */
    public Builder reason(String value) {
      reason = Objects.requireNonNull(value, "reason");
      return this;
    }

    /**
     * Makes it an emergency rule: it wins over all rules that stay, and ends by itself after this
     * time, from 10s to 24h.
     */
    public Builder lasting(Duration value) {
      lasting = Optional.of(value);
      return this;
    }

    /** Refuses the change if the set has another revision than this. */
    public Builder expectedRevision(long value) {
      expectedRevision = OptionalLong.of(value);
      return this;
    }

    /** Returns the checked value. */
    public PolicyChange build() {
      return new PolicyChange(this);
    }
  }
}
