package io.fairlead.options;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Set;
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
  /** Fields whose inheritance depends on the method, or on what else it states. */
  private static final Set<Integer> OWN_RULE =
      Set.of(
          Policy.DEADLINE_FIELD_NUMBER,
          Policy.IDLE_TIMEOUT_FIELD_NUMBER,
          Policy.RETRY_FIELD_NUMBER,
          Policy.HEDGING_FIELD_NUMBER,
          Policy.FAILURE_MODE_FIELD_NUMBER,
          Policy.CACHE_FIELD_NUMBER);

  /** One choice in two fields. */
  private static final Set<Integer> BALANCER =
      Set.of(Policy.BALANCER_FIELD_NUMBER, Policy.CUSTOM_BALANCER_FIELD_NUMBER);

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
    inheritOthers(joined, service);
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

  /** Every other field of the service holds where the method leaves it out. */
  private static void inheritOthers(Policy.Builder joined, Policy service) {
    boolean choosesBalancer =
        joined.getBalancer() != Balancer.BALANCER_UNSPECIFIED
            || !joined.getCustomBalancer().isEmpty();
    // What a method says of its callers drops what it would contradict.
    boolean dropsScopes = joined.getPublic();
    boolean dropsPublic = joined.getAuthScopesCount() > 0;
    Set<FieldDescriptor> stated = joined.getAllFields().keySet();
    service
        .getAllFields()
        .forEach(
            (field, value) -> {
              int number = field.getNumber();
              if (!OWN_RULE.contains(number)
                  && !stated.contains(field)
                  && !(dropsScopes && number == Policy.AUTH_SCOPES_FIELD_NUMBER)
                  && !(dropsPublic && number == Policy.PUBLIC_FIELD_NUMBER)
                  && !(choosesBalancer && BALANCER.contains(number))) {
                joined.setField(field, value);
              }
            });
  }
}
