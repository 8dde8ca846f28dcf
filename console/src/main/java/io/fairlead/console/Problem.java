package io.fairlead.console;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

/**
 * Why a process gave no answer, in a sentence for the person who looks.
 *
 * @param status of HTTP, if the whole request fails by it
 */
record Problem(int status, String text) {

  /** Says what a failure of an admin service means. */
  static Problem of(String address, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof TimeoutException) {
      return new Problem(504, address + " has not answered yet");
    }
    Status status;
    if (cause instanceof StatusRuntimeException runtime) {
      status = runtime.getStatus();
    } else if (cause instanceof StatusException checked) {
      status = checked.getStatus();
    } else {
      return new Problem(502, address + " cannot be asked: " + cause.getMessage());
    }
    String why = status.getDescription() == null ? "" : status.getDescription();
    return switch (status.getCode()) {
      case UNIMPLEMENTED ->
          new Problem(
              501,
              address
                  + " has no admin service that can tell this; docs/admin.md shows how to add one");
      case UNAUTHENTICATED ->
          new Problem(401, address + " does not know the caller: " + why + "; give a token");
      case PERMISSION_DENIED -> new Problem(403, address + " refuses: " + why);
      case NOT_FOUND -> new Problem(404, address + ": " + why);
      case INVALID_ARGUMENT -> new Problem(400, address + ": " + why);
      case FAILED_PRECONDITION -> new Problem(409, address + ": " + why);
      case RESOURCE_EXHAUSTED -> new Problem(429, address + ": " + why);
      case UNAVAILABLE -> new Problem(502, address + " does not answer: " + why);
      case DEADLINE_EXCEEDED -> new Problem(504, address + " has not answered in time: " + why);
      default -> new Problem(502, address + " has failed: " + status.getCode() + ": " + why);
    };
  }

  /** Returns whether the caller, and not the process, is the reason. */
  boolean isRefusal() {
    return status == 401 || status == 403;
  }
}
