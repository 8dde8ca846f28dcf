package io.fairlead.lifecycle;

import java.time.Instant;
import java.util.Objects;

/**
 * Where a server stands, and since when.
 *
 * @param detail what was done or found in this step, in words
 */
public record ServerState(Phase phase, Instant since, String detail) {
  public ServerState {
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(detail, "detail");
  }

  /**
   * The steps of a server's life, in order. Steps that concern a registry are left out without one.
   * {@link io.fairlead.server.RpcServer#history} has each step that was taken, and when.
   */
  public enum Phase {
    /** The port is open; the server is in no registry yet. */
    BOUND,
    /** Every readiness check has passed once, and health says SERVING. */
    READY,
    /** The registry has the entry, or goes on trying in the background. */
    REGISTERED,
    /** Start is complete. */
    SERVING,
    /**
     * The server is leaving, or was drained: health says NOT_SERVING, calls are still accepted.
     * From a drain it may go back to SERVING, when its readiness checks say yes.
     */
    NOT_SERVING,
    /** The registry was told that this instance is leaving, and its entry is gone. */
    DEREGISTERED,
    /** Clients had the time to hear of it. */
    PROPAGATED,
    /** The port is closed; each connection was told to send its next call elsewhere. */
    GOAWAY,
    /** No call is in flight any more. */
    DRAINED,
    /** Calls that were still in flight after the allowed time were cut. */
    FORCED,
    /** Nothing is left. */
    CLOSED
  }
}
