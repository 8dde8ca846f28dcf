package io.fairlead.admin;

import java.time.Instant;
import java.util.Objects;

/**
 * What somebody did through the admin service, or was not allowed to do.
 *
 * @param at when it was done
 * @param caller the name that the authorizer found, or the address of the peer
 * @param action the method of the contract, such as {@code Drain}
 * @param arguments in words; empty if there are none
 * @param reason what the caller gave as the reason; empty if nothing
 * @param outcome {@code done}, or the failure
 */
public record AuditEvent(
    Instant at, String caller, String action, String arguments, String reason, String outcome) {
  public AuditEvent {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(caller, "caller");
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(arguments, "arguments");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(outcome, "outcome");
  }

  /** Returns it in one line, as the log has it. */
  @Override
  public String toString() {
    return caller
        + ": "
        + action
        + (arguments.isEmpty() ? "" : " " + arguments)
        + (reason.isEmpty() ? "" : ", because of \"" + reason + "\"")
        + ": "
        + outcome;
  }
}
