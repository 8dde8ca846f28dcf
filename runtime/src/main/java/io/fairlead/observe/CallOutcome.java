package io.fairlead.observe;

import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import java.util.List;
import java.util.Objects;

/**
 * How a call ended, with its attempts in the order of their starts.
 *
 * @param method full name, such as {@code shop.v1.Inventory/Reserve}
 * @param target of the channel
 * @param code how it ended for the caller, before any fallback
 * @param description what the status said, or empty
 * @param origin the side that decided the status
 * @param totalNanos from start to end
 * @param limitNanos the time that it had from its start until the deadline that held, or 0 for none
 * @param limitSource who set that deadline, as in {@code "call settings"}; empty for none
 * @param attempts none if the call was refused before the first one
 * @param endReason why there was no further attempt, or empty
 * @param policy what held for it
 */
public record CallOutcome(
    String method,
    String target,
    Code code,
    String description,
    StatusOrigin origin,
    long totalNanos,
    long limitNanos,
    String limitSource,
    List<AttemptOutcome> attempts,
    String endReason,
    ResolvedPolicy policy) {
  public CallOutcome {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(origin, "origin");
    Objects.requireNonNull(limitSource, "limitSource");
    attempts = List.copyOf(attempts);
    Objects.requireNonNull(endReason, "endReason");
    Objects.requireNonNull(policy, "policy");
  }

  /** Returns the same with another end reason. */
  public CallOutcome withEndReason(String other) {
    return new CallOutcome(
        method,
        target,
        code,
        description,
        origin,
        totalNanos,
        limitNanos,
        limitSource,
        attempts,
        other,
        policy);
  }
}
