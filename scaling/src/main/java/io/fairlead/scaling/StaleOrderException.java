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

  /** For one that another process has refused. */
  StaleOrderException(String message) {
    super(message);
  }
}
