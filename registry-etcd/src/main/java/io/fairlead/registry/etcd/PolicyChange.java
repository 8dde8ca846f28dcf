package io.fairlead.registry.etcd;

import com.google.gson.JsonObject;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.options.LiveBounds;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

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
  private final @Nullable ServiceDescriptor contract;

  private PolicyChange(Builder builder) {
    target = builder.target;
    patch = builder.patch;
    author = text("author", builder.author);
    reason = text("reason", builder.reason);
    lasting = builder.lasting;
    expectedRevision = builder.expectedRevision;
    contract = builder.contract;
    if (contract != null
        && !target.service().equals(contract.getFullName())
        && !target.service().equals(MethodPolicies.ALL)) {
      throw new IllegalArgumentException(
          "the change is for "
              + target
              + ", and the contract is that of "
              + contract.getFullName()
              + "; give the contract of "
              + target.service());
    }
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

  /**
   * Checks what the rule would state, if the contract is known.
   *
   * @throws IllegalArgumentException if the contract's bounds do not allow it for a method
   */
  void checkBounds(MethodPolicy stated) {
    if (contract == null) {
      return;
    }
    MethodPolicies rule = MethodPolicies.of(Map.of(target.name(), stated));
    for (MethodDescriptor method : contract.getMethods()) {
      boolean unary = !method.isClientStreaming() && !method.isServerStreaming();
      boolean repeatable =
          method.getOptions().getIdempotencyLevel() != IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
      rule.of(contract.getFullName() + "/" + method.getName(), unary, repeatable)
          .checkBounds(LiveBounds.of(method));
    }
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private final PolicyTarget target;
    private JsonObject patch = new JsonObject();
    private String author = "";
    private String reason = "";
    private Optional<Duration> lasting = Optional.empty();
    private OptionalLong expectedRevision = OptionalLong.empty();
    private @Nullable ServiceDescriptor contract;

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

    /**
     * Refuses the change if it is outside of the bounds that this contract sets for live policies.
     * Without a contract, only the processes that take the policy check that.
     */
    public Builder contract(ServiceDescriptor value) {
      contract = Objects.requireNonNull(value, "contract");
      return this;
    }

    /** Returns the checked value. */
    public PolicyChange build() {
      return new PolicyChange(this);
    }
  }
}
