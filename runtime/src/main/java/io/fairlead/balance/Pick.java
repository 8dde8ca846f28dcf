package io.fairlead.balance;

/** One choice being made: what a balancer may ask about the call. Not to be kept. */
public interface Pick {

  /**
   * Returns whether this call may go there: it was not tried before in this call, its circuit
   * breaker allows it, and, while it warms up, its share is not used up. A balancer asks this of
   * each endpoint before it returns it; the answer does not change during a pick.
   */
  boolean allows(EndpointView endpoint);

  /** Returns the hash of the call's key; of no meaning unless {@link #hasKey}. */
  long key();

  /** Returns whether the call has a key for hashing. */
  boolean hasKey();

  /** Calls of this channel that are on their way to any endpoint now. */
  long totalInFlight();

  /** Returns a random number from 0 to {@code bound - 1}; cheap, and repeatable in tests. */
  int random(int bound);

  /** Says why, in few words; a constant, so that it costs nothing. */
  void reason(String reason);

  /**
   * Says why with two numbers, put in place of {@code {0}} and {@code {1}} when somebody asks. So a
   * reason costs two stores.
   */
  void reason(String template, long first, long second);
}
