package io.fairlead.scaling;

import java.io.IOException;

/** An order of a decider that has a successor. It was not carried out. */
public final class StaleOrderException extends IOException {
  private static final long serialVersionUID = 1;

  /** Names the token of the order, and the greatest that was seen. */
  public StaleOrderException(long token, long greatest) {
    super(
        "the order has the fencing token %d, and a later decider with %d has ordered already; it was not carried out"
            .formatted(token, greatest));
  }

  /** Also names the way out, for those whose tokens began anew. */
  StaleOrderException(long token, long greatest, String wayOut) {
    super(
        "the order has the fencing token %d, and a later decider with %d has ordered already; it was not carried out. If no later one runs, as etcd was set up anew, %s"
            .formatted(token, greatest, wayOut));
  }

  /** For one that another process has refused, or that was not sent at all. */
  StaleOrderException(String message) {
    super(message);
  }
}
