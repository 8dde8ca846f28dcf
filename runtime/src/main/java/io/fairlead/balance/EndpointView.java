package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import java.time.Duration;
import java.util.Optional;

/**
 * An endpoint as a balancer sees it: fixed data, and a few live figures that may be read at any
 * time from any thread. Views are compared by identity; one view stays while its endpoint stays.
 */
public interface EndpointView {

  /** Returns what the registry says of it. */
  Endpoint endpoint();

  /** Its id, unique in the service. */
  default String id() {
    return endpoint().id();
  }

  /** Its preferred address, {@code host:port}. */
  default String hostAndPort() {
    return endpoint().addresses().get(0).hostAndPort();
  }

  /** Its weight from the registry, above 0; 100 is ordinary. */
  default int weight() {
    return endpoint().weight();
  }

  /** Calls of this channel that are on their way to it now. */
  int inFlight();

  /**
   * Returns the recent latency in nanoseconds, moved up at once by a slow call and down slowly by
   * fast ones; calls that failed never move it down. 0 while unknown.
   */
  double latencyNanos();

  /** Returns the recent share of calls that failed through the endpoint's fault, from 0 to 1. */
  double failureRate();

  /** Returns the share of its calls that it takes, below 1 only while it warms up. */
  default double share() {
    return 1;
  }

  /** Its weight from its own load reports (ORCA), or 0 while there is none that is fresh enough. */
  double reportedWeight();

  /**
   * Returns whether calls may be sent to it: a connection stands, and nothing speaks against it.
   */
  default boolean isReady() {
    return true;
  }

  /** Returns whether outlier detection keeps calls from it. */
  default boolean isEjected() {
    return false;
  }

  /** Returns how often outlier detection has ejected it since this channel knows it. */
  default long ejections() {
    return 0;
  }

  /**
   * Returns the time since its last sign of life: a new connection, an answer, or the reply to a
   * ping. Empty if there never was one.
   */
  default Optional<Duration> sinceHeard() {
    return Optional.empty();
  }

  /** Returns how many pings it has not replied to in time since this channel knows it. */
  default long missedPings() {
    return 0;
  }
}
