package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;

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
}
