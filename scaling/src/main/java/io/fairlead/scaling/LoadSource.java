package io.fairlead.scaling;

/** Where the load of a service is read. Safe for use by many threads. */
@FunctionalInterface
public interface LoadSource {
  /**
   * Returns the present load. Where something is not known, the sample says so: it must not count
   * as 0. What this throws counts as unknown too.
   */
  ServiceLoad read();
}
