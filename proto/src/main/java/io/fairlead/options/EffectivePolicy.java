package io.fairlead.options;

import org.jspecify.annotations.NullMarked;

/**
 * What a contract says about one method, once the service's policy has filled in what the method's
 * leaves out.
 *
 * <p>The code generator and the runtime both ask here, so that a stock stub, whose policies are
 * read from its descriptor, behaves like a generated client.
 */
@NullMarked // by hand: the rest of this package is generated
public final class EffectivePolicy {
  private EffectivePolicy() {}

  /**
   * Joins the two policies.
   *
   * @param service the service's policy, or the default instance
   * @param method the method's policy, or the default instance
   * @param unary whether the method takes one request and gives one response
   * @param idempotent whether its {@code idempotency_level} allows retries
   */
  public static Policy of(Policy service, Policy method, boolean unary, boolean idempotent) {
    Policy.Builder joined = method.toBuilder();
    inheritTimes(joined, service, unary);
    inheritAttempts(joined, service, unary, idempotent);
    if (method.getBalancer() == Balancer.BALANCER_UNSPECIFIED
        && method.getCustomBalancer().isEmpty()) {
      joined.setBalancerValue(service.getBalancerValue());
      joined.setCustomBalancer(service.getCustomBalancer());
    }
    inheritLimits(joined, service);
    if (method.getAuthScopesCount() == 0) {
      joined.addAllAuthScopes(service.getAuthScopesList());
    }
    if (method.getPriority() == Priority.PRIORITY_UNSPECIFIED) {
      joined.setPriorityValue(service.getPriorityValue());
    }
    return joined.build();
  }

  /** Whether the mode only makes sense where there is one response to replace or to wait for. */
  public static boolean isUnaryOnly(FailureMode mode) {
    return mode == FailureMode.FAILSAFE || mode == FailureMode.BROADCAST;
  }

  private static void inheritTimes(Policy.Builder joined, Policy service, boolean unary) {
    if (joined.getDeadline().isEmpty() && unary) {
      joined.setDeadline(service.getDeadline());
    }
    if (joined.getIdleTimeout().isEmpty() && !unary) {
      joined.setIdleTimeout(service.getIdleTimeout());
    }
  }

  /**
   * Retry, hedging and failure mode are one choice: what a method states drops what it would
   * contradict.
   */
  private static void inheritAttempts(
      Policy.Builder joined, Policy service, boolean unary, boolean idempotent) {
    FailureMode stated = joined.getFailureMode();
    boolean statesAttempts = joined.hasRetry() || joined.hasHedging();
    FailureMode inherited = service.getFailureMode();
    if (stated == FailureMode.FAILURE_MODE_UNSPECIFIED
        && (unary || !isUnaryOnly(inherited))
        && !(statesAttempts && inherited == FailureMode.FAILFAST)) {
      joined.setFailureModeValue(service.getFailureModeValue());
    }
    if (statesAttempts || stated == FailureMode.FAILFAST) {
      return;
    }
    Retry retry = service.getRetry();
    if (service.hasRetry() && (idempotent || retry.getUnsafe())) {
      joined.setRetry(unary ? retry : retry.toBuilder().clearPerAttempt().build());
    }
    Hedging hedging = service.getHedging();
    if (service.hasHedging()
        && unary
        && stated != FailureMode.BROADCAST
        && (idempotent || hedging.getUnsafe())) {
      joined.setHedging(hedging);
    }
  }

  private static void inheritLimits(Policy.Builder joined, Policy service) {
    if (!joined.hasWaitForReady() && service.hasWaitForReady()) {
      joined.setWaitForReady(service.getWaitForReady());
    }
    if (!joined.hasMaxRequestBytes() && service.hasMaxRequestBytes()) {
      joined.setMaxRequestBytes(service.getMaxRequestBytes());
    }
    if (!joined.hasMaxResponseBytes() && service.hasMaxResponseBytes()) {
      joined.setMaxResponseBytes(service.getMaxResponseBytes());
    }
    if (joined.getCompression().isEmpty()) {
      joined.setCompression(service.getCompression());
    }
  }
}
