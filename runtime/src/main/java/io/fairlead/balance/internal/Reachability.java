package io.fairlead.balance.internal;

/**
 * Whether an endpoint can be reached, from the states of its connections.
 *
 * <pre>
 * state      | a connection is ready    | one fails, or does not serve | one is lost or connects anew
 * CONNECTING | READY                    | FAILING                      | CONNECTING
 * READY      | READY                    | FAILING, if it was the last  | CONNECTING, if it was the last
 * FAILING    | READY, with a slow start | FAILING                      | FAILING
 * </pre>
 *
 * <p>A new attempt to connect does not clear a failure.
 */
enum Reachability {
  /** Not connected, and nothing has failed since it was last ready. */
  CONNECTING,
  /** A connection takes calls. */
  READY,
  /** A connection failed, or the endpoint says that it does not serve, since it was last ready. */
  FAILING;

  /**
   * Returns the state after a change of one connection.
   *
   * @param anyReady whether any connection takes calls now
   * @param fails whether the one that changed has failed, or does not serve
   */
  Reachability after(boolean anyReady, boolean fails) {
    if (anyReady) {
      return READY;
    }
    return fails || this == FAILING ? FAILING : CONNECTING;
  }
}
