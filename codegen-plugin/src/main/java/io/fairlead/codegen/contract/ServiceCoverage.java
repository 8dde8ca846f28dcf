package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.Shape;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.FailureMode;
import io.fairlead.options.Policy;

/**
 * Which methods a service's policy can cover. Some of its fields are for some methods only: where a
 * service has none of these, the field does nothing, and nobody would notice.
 */
final class ServiceCoverage {
  private final PolicyOption option;
  private boolean any;
  private boolean unary;
  private boolean streaming;
  private boolean idempotent;
  private boolean idempotentUnary;

  ServiceCoverage(PolicyOption option) {
    this.option = option;
  }

  void add(MethodModel method) {
    boolean isUnary = method.shape() == Shape.UNARY;
    boolean isIdempotent = method.idempotency() != IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
    any = true;
    unary |= isUnary;
    streaming |= !isUnary;
    idempotent |= isIdempotent;
    idempotentUnary |= isIdempotent && isUnary;
  }

  /** Notes the fields that cover no method; a service without methods is still to be written. */
  void warn() {
    if (!any) {
      return;
    }
    Policy policy = option.policy();
    if (!policy.getDeadline().isEmpty() && !unary) {
      forUnary("deadline \"" + policy.getDeadline() + "\"", Policy.DEADLINE_FIELD_NUMBER);
    }
    if (!policy.getIdleTimeout().isEmpty() && !streaming) {
      option.warn(
          "idle_timeout \"%s\" has no effect: it covers streaming methods, and the service has none; drop it, or write deadline"
              .formatted(policy.getIdleTimeout()),
          Policy.IDLE_TIMEOUT_FIELD_NUMBER);
    }
    warnOfAttempts(policy);
    FailureMode mode = policy.getFailureMode();
    if (EffectivePolicy.isUnaryOnly(mode) && !unary) {
      forUnary("failure_mode " + mode, Policy.FAILURE_MODE_FIELD_NUMBER);
    }
  }

  private void warnOfAttempts(Policy policy) {
    if (policy.hasRetry() && !idempotent && !policy.getRetry().getUnsafe()) {
      forIdempotent("retry", "idempotent methods", Policy.RETRY_FIELD_NUMBER);
    } else if (!policy.getRetry().getPerAttempt().isEmpty() && !unary) {
      forUnary(
          "retry.per_attempt \"" + policy.getRetry().getPerAttempt() + "\"",
          Policy.RETRY_FIELD_NUMBER);
    }
    if (policy.hasHedging() && !unary) {
      forUnary("hedging", Policy.HEDGING_FIELD_NUMBER);
    } else if (policy.hasHedging() && !idempotentUnary && !policy.getHedging().getUnsafe()) {
      forIdempotent("hedging", "idempotent unary methods", Policy.HEDGING_FIELD_NUMBER);
    }
  }

  private void forUnary(String what, int field) {
    option.warn(
        "%s has no effect: it covers unary methods, and all methods of the service stream; drop it"
            .formatted(what),
        field);
  }

  private void forIdempotent(String block, String methods, int field) {
    option.warn(
        "%s has no effect: it covers %s, and the service has none; add option idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to an rpc, or unsafe: true to the %s block"
            .formatted(block, methods, block),
        field);
  }
}
