package io.fairlead.scaling;

/** Where the load of a service is read. Safe for use by many threads. */
@FunctionalInterface
public interface LoadSource {
  /**
   * Returns the present load. Where something is not known, the sample says so: it must not count
   * as 0. What this throws counts as unknown too.
   */
  ServiceLoad read();

  /**
   * Returns whether the load includes calls that wait while there is no instance. Only then may a
   * service have none: else nobody would start the first one.
   */
  default boolean countsWaitingCalls() {
    return false;
  }
}
