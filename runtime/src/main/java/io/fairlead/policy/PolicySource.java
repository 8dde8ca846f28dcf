package io.fairlead.policy;

import java.util.Collection;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Policies that can change while calls run: from a file, a registry, an operator's console. They
 * win over the builder and the contract; calls already under way keep what they started with.
 */
public interface PolicySource {

  /**
   * Calls the observer with the present set before this returns, and then with each change, one at
   * a time, on any thread. The observer does not block.
   *
   * <p>An observer that cannot honour a set throws an {@link IllegalArgumentException} with the
   * reason, and keeps the set before. One that has refused its first set has none: hand it another,
   * or let the exception out of this method.
   */
  Subscription subscribe(Consumer<? super MethodPolicies> observer);

  /**
   * Calls the observer with the limits of a server before this returns, and then with each change,
   * in the same way as {@link #subscribe} does. The text says where they come from, and is empty
   * for the server's own. A source that changes no limits hands over those of the server.
   *
   * @param services that the server serves
   * @param built what the server's builder states, over which the source lays its own
   */
  default Subscription subscribeLimits(
      Collection<String> services,
      ConcurrencyLimits built,
      BiConsumer<? super ConcurrencyLimits, ? super String> observer) {
    observer.accept(built, "");
    return () -> {};
  }

  /** Ends a subscription; no notice begins after {@link #close} has returned. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
