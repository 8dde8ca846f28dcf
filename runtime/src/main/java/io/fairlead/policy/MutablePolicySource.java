package io.fairlead.policy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A {@link PolicySource} that the program itself changes. Safe for use by many threads.
 *
 * <p>Observers are called under its lock. So each sees every change, in order, and none after its
 * subscription was closed; for the same reason an observer must not block.
 */
public final class MutablePolicySource implements PolicySource {
  private static final System.Logger LOG = System.getLogger(MutablePolicySource.class.getName());

  @GuardedBy("this")
  private final List<Consumer<? super MethodPolicies>> observers = new ArrayList<>();

  @GuardedBy("this")
  private MethodPolicies current = MethodPolicies.empty();

  /** Sets the policy of a method, a service, or {@code "*"}; replaces the last one. */
  public void set(String name, MethodPolicy policy) {
    change(set -> set.with(name, policy));
  }

  /** Takes a policy back, so that weaker sources decide again. */
  public void remove(String name) {
    change(set -> set.without(name));
  }

  /** Replaces all policies at once. */
  public void replace(MethodPolicies policies) {
    change(set -> policies);
  }

  /** Returns the policies now. */
  public synchronized MethodPolicies current() {
    return current;
  }

  // Observers are called under the lock: so each sees every change, in order, and none after close.
  @Override
  public synchronized Subscription subscribe(Consumer<? super MethodPolicies> observer) {
    observer.accept(current);
    observers.add(observer);
    return () -> {
      synchronized (this) {
        observers.remove(observer);
      }
    };
  }

  private synchronized void change(UnaryOperator<MethodPolicies> step) {
    MethodPolicies next = step.apply(current);
    if (!next.equals(current)) {
      current = next;
      observers.forEach(observer -> hand(next, observer));
    }
  }

  /** One that refuses the set has logged the reason; the others are to hear of the set too. */
  private static void hand(MethodPolicies next, Consumer<? super MethodPolicies> observer) {
    try {
      observer.accept(next);
    } catch (IllegalArgumentException refused) {
      LOG.log(Level.DEBUG, "an observer keeps its policies: {0}", refused.getMessage());
    }
  }

  @Override
  public String toString() {
    return "MutablePolicySource" + current();
  }
}
