package io.fairlead.client;

import io.fairlead.policy.MethodPolicy;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The plans of a method for calls that bring a policy of their own. Callers keep their settings, so
 * the same policies come again. A program that makes up a new one for each call pays for each, and
 * makes this hold no more.
 */
final class CallPlans {
  static final int MOST = 64;

  private record Known(MethodPolicy policy, MethodPlan plan) {}

  private final Function<MethodPolicy, MethodPlan> maker;
  private final ConcurrentHashMap<MethodPolicy, MethodPlan> plans = new ConcurrentHashMap<>();
  private volatile @Nullable Known last;

  CallPlans(Function<MethodPolicy, MethodPlan> maker) {
    this.maker = maker;
  }

  @SuppressWarnings("ReferenceEquality") // a short cut; equal policies are found below
  MethodPlan of(MethodPolicy policy) {
    Known seen = last;
    if (seen != null && seen.policy == policy) {
      return seen.plan; // the very same object, so nothing has to be compared
    }
    MethodPlan plan = plans.get(policy);
    if (plan == null) {
      plan = maker.apply(policy);
      if (plans.size() >= MOST) {
        plans.clear();
      }
      MethodPlan raced = plans.putIfAbsent(policy, plan);
      plan = raced == null ? plan : raced;
    }
    last = new Known(policy, plan);
    return plan;
  }

  /** For tests. */
  int size() {
    return plans.size();
  }
}
