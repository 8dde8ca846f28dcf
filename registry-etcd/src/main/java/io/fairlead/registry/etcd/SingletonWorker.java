package io.fairlead.registry.etcd;

/** Work that at most one process of a system should do at a time. */
@FunctionalInterface
public interface SingletonWorker {

  /**
   * Does the work of one term, on a thread of the election. It is interrupted once the term may be
   * over, and has to stop then. Whoever returns, or throws, gives the term up; another election
   * follows after about a second.
   */
  void run(Leadership leadership) throws Exception;
}
