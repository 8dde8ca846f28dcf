package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import io.fairlead.codegen.model.Shape;
import io.fairlead.options.Balancer;
import io.fairlead.options.Cache;
import io.fairlead.options.DurationText;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.FailureMode;
import io.fairlead.options.Policy;

/**
 * Checks a policy against the method that it is for.
 *
 * @param option what the method states itself
 * @param service what its service states
 * @param effective the same, with the service's policy filled in
 */
record MethodRules(
    PolicyOption option,
    PolicyOption service,
    Policy effective,
    Shape shape,
    IdempotencyLevel idempotency) {

  void check() {
    Policy own = option.policy();
    if (idempotency == IdempotencyLevel.IDEMPOTENCY_UNKNOWN) {
      if (own.hasRetry() && !own.getRetry().getUnsafe()) {
        requireIdempotent("retry", Policy.RETRY_FIELD_NUMBER);
      }
      if (own.hasHedging() && !own.getHedging().getUnsafe()) {
        requireIdempotent("hedging", Policy.HEDGING_FIELD_NUMBER);
      }
    }
    checkShape(own);
    if (own.hasCache()) {
      checkCache(own.getCache());
    }
    if (own.hasMirror()) {
      checkMirror();
    }
    checkTimes();
    if (!own.getHashKey().isEmpty()) {
      checkHashKey();
    }
  }

  private void requireIdempotent(String block, int field) {
    option.refuse(
        "%s may execute a call twice, and this method is not marked idempotent; add option idempotency_level = IDEMPOTENT (or NO_SIDE_EFFECTS) to the rpc, or unsafe: true to the %s block"
            .formatted(block, block),
        field);
  }

  private void checkCache(Cache cache) {
    if (shape != Shape.UNARY) {
      option.refuse(
          "cache is for unary methods, and this one streams; drop it", Policy.CACHE_FIELD_NUMBER);
    } else if (!cache.getTtl().isEmpty() && idempotency != IdempotencyLevel.NO_SIDE_EFFECTS) {
      option.refuse(
          "cache.ttl \"%s\" answers calls of which no server hears, and this method is not NO_SIDE_EFFECTS; add option idempotency_level = NO_SIDE_EFFECTS to the rpc, or write stale_if_error alone"
              .formatted(cache.getTtl()),
          Policy.CACHE_FIELD_NUMBER);
    }
    if (effective.getFailureMode() == FailureMode.BROADCAST) {
      option.refuse(
          "cache contradicts failure_mode BROADCAST, which wants a response of every endpoint; drop one of them",
          Policy.CACHE_FIELD_NUMBER);
    }
    boolean scoped = effective.getAuthScopesCount() > 0;
    boolean ofCallers = scoped || (effective.hasPublic() && !effective.getPublic());
    if (ofCallers
        && cache.getVaryList().stream().noneMatch(name -> name.equalsIgnoreCase("authorization"))) {
      option.refuse(
          "cache would give the response for one caller to another, as this method has %s; add vary: [\"authorization\"] to the cache block"
              .formatted(scoped ? "auth_scopes " + effective.getAuthScopesList() : "public: false"),
          Policy.CACHE_FIELD_NUMBER);
    }
  }

  private void checkMirror() {
    if (shape != Shape.UNARY) {
      option.refuse(
          "mirror is for unary methods, and this one streams; drop it", Policy.MIRROR_FIELD_NUMBER);
    } else if (idempotency != IdempotencyLevel.NO_SIDE_EFFECTS) {
      option.refuse(
          "mirror has a second server execute calls, and this method is not NO_SIDE_EFFECTS; add option idempotency_level = NO_SIDE_EFFECTS to the rpc, or drop it",
          Policy.MIRROR_FIELD_NUMBER);
    }
    if (effective.getFailureMode() == FailureMode.BROADCAST) {
      option.refuse(
          "mirror contradicts failure_mode BROADCAST, which has a response of every endpoint; drop one of them",
          Policy.MIRROR_FIELD_NUMBER);
    }
  }

  private void checkShape(Policy own) {
    if (shape == Shape.UNARY) {
      if (!own.getIdleTimeout().isEmpty()) {
        option.refuse(
            "idle_timeout is for streams, and this method has none; write deadline instead",
            Policy.IDLE_TIMEOUT_FIELD_NUMBER);
      }
      return;
    }
    if (own.hasHedging()) {
      option.refuse(
          "hedging is for unary methods, and this one streams; drop it, or use retry",
          Policy.HEDGING_FIELD_NUMBER);
    }
    if (!own.getRetry().getPerAttempt().isEmpty()) {
      option.refuse(
          "retry.per_attempt \"%s\" is for unary methods, and this one streams; drop it, and write idle_timeout if silence is to end the stream"
              .formatted(own.getRetry().getPerAttempt()),
          Policy.RETRY_FIELD_NUMBER);
    }
    FailureMode mode = own.getFailureMode();
    if (EffectivePolicy.isUnaryOnly(mode)) {
      option.refuse(
          "failure_mode %s is for unary methods, and this one streams; use FAILOVER or FAILFAST"
              .formatted(mode),
          Policy.FAILURE_MODE_FIELD_NUMBER);
    }
  }

  /**
   * Only where the method has a part in it: the service's own contradictions are noted once, there.
   */
  private void checkTimes() {
    Policy own = option.policy();
    boolean involved = !own.getDeadline().isEmpty() || own.hasRetry() || own.hasHedging();
    if (involved) {
      Times.check(option, service, effective);
    }
  }

  private void checkHashKey() {
    int field = Policy.HASH_KEY_FIELD_NUMBER;
    if (shape.streamsRequests()) {
      option.refuse(
          "hash_key \"%s\": the endpoint is chosen before the first message of a stream is there; drop it, or make the method take one request"
              .formatted(effective.getHashKey()),
          field);
    }
    Balancer balancer = effective.getBalancer();
    boolean hashes =
        balancer == Balancer.CONSISTENT_HASH
            || balancer == Balancer.MAGLEV
            || !effective.getCustomBalancer().isEmpty();
    if (!hashes) {
      option.refuse(
          "hash_key \"%s\" has no effect: balancer %s%s does not hash; add balancer: CONSISTENT_HASH or MAGLEV, or drop the key"
              .formatted(
                  effective.getHashKey(),
                  balancer == Balancer.BALANCER_UNSPECIFIED
                      ? "LEAST_REQUEST (the default)"
                      : balancer.name(),
                  inheritsBalancer(balancer) ? service.states(Policy.BALANCER_FIELD_NUMBER) : ""),
          field);
    }
  }

  private boolean inheritsBalancer(Balancer balancer) {
    return balancer != Balancer.BALANCER_UNSPECIFIED
        && option.policy().getBalancer() == Balancer.BALANCER_UNSPECIFIED;
  }

  /** Times that must fit into each other. */
  static final class Times {
    private Times() {}

    /** Of two values that do not fit, the message says which one comes from the service. */
    static void check(PolicyOption option, PolicyOption service, Policy effective) {
      long deadline = nanos(effective.getDeadline());
      if (deadline <= 0) {
        return;
      }
      Policy own = option.policy();
      String ofDeadline =
          own.getDeadline().isEmpty() ? service.states(Policy.DEADLINE_FIELD_NUMBER) : "";
      String perAttempt = effective.getRetry().getPerAttempt();
      if (nanos(perAttempt) > deadline) {
        option.refuse(
            "retry.per_attempt \"%s\"%s is longer than the deadline \"%s\"%s so it would never be reached; lower it, or raise the deadline"
                .formatted(
                    perAttempt,
                    own.hasRetry() ? "" : service.states(Policy.RETRY_FIELD_NUMBER),
                    effective.getDeadline(),
                    ofDeadline.isEmpty() ? "," : ofDeadline),
            Policy.RETRY_FIELD_NUMBER);
      }
      String delay = effective.getHedging().getDelay();
      if (nanos(delay) >= deadline) {
        option.refuse(
            "hedging.delay \"%s\"%s is not below the deadline \"%s\"%s so no hedge would ever be sent; lower it, or raise the deadline"
                .formatted(
                    delay,
                    own.hasHedging() ? "" : service.states(Policy.HEDGING_FIELD_NUMBER),
                    effective.getDeadline(),
                    ofDeadline.isEmpty() ? "," : ofDeadline),
            Policy.HEDGING_FIELD_NUMBER);
      }
    }

    /** A text that is not a duration was refused elsewhere. */
    private static long nanos(String text) {
      try {
        return text.isEmpty() ? -1 : DurationText.nanos(text);
      } catch (IllegalArgumentException e) {
        return -1;
      }
    }
  }
}
