package io.fairlead.registry.etcd;

/** One term of a {@link LeaderElection}. For any thread. */
public interface Leadership {

  /**
   * Names this term: greater than that of every earlier one in the same etcd. Hand it to the place
   * where the work is done, and let that place refuse every token smaller than the greatest that it
   * has seen: nothing else keeps a leader that was paused from doing what its successor does too.
   */
  long fencingToken();

  /**
   * Returns whether the term goes on, by our own clock at this moment. True now says nothing of
   * later.
   */
  boolean holds();
}
