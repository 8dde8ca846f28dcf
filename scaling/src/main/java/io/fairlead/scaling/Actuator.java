package io.fairlead.scaling;

import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * Starts and stops the instances of one service. A {@link Fleet} tells it which. Safe for use by
 * many threads.
 */
public interface Actuator extends AutoCloseable {
  /**
   * Returns the ids of the instances that run or are starting. Those that were told to stop are not
   * among them. An instance registers its endpoint under its id.
   */
  List<String> instances() throws IOException;

  /**
   * Starts more instances. It does not wait until they take calls.
   *
   * @throws StaleOrderException if an order with a greater fencing token came before
   */
  void start(int count, Order order) throws IOException;

  /**
   * Stops instances; those that are gone already are no failure. Each may end the calls that it
   * still has, within the time that the actuator gives it.
   *
   * @throws StaleOrderException if an order with a greater fencing token came before
   */
  void stop(List<String> ids, Order order) throws IOException;

  /** Leaves the instances as they are, unless the actuator says otherwise. */
  @Override
  default void close() {}

  /**
   * Who orders, and why.
   *
   * @param fencingToken of the decider: greater than those of all deciders before it. 0 where there
   *     is only ever one
   * @param reason in words
   */
  record Order(long fencingToken, String reason) {
    public Order {
      if (fencingToken < 0) {
        throw new IllegalArgumentException(
            "the fencing token " + fencingToken + " is negative; use 0 where there are none");
      }
      Objects.requireNonNull(reason, "reason");
    }
  }
}
