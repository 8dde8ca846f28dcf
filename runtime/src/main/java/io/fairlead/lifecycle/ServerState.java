package io.fairlead.lifecycle;

import java.time.Instant;
import java.util.Objects;

/**
 * Where a server stands, and since when.
 *
 * @param detail what was done or found in this step, in words
 */
public record ServerState(ServerPhase phase, Instant since, String detail) {
  public ServerState {
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(detail, "detail");
  }
}
