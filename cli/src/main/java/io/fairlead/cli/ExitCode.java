package io.fairlead.cli;

import io.grpc.Status;

/** What the exit codes mean. They are documented, and scripts depend on them. */
final class ExitCode {
  /** It was done. */
  static final int OK = 0;

  /** The call or the action failed, or the doctor found an error. */
  static final int FAILED = 1;

  /** The arguments are wrong. */
  static final int USAGE = 2;

  /** There is no service, instance or method of that name. */
  static final int NOT_FOUND = 3;

  /** The registry or the process did not answer. */
  static final int UNREACHABLE = 4;

  /** The process does not know the caller, or does not permit it the action. */
  static final int REFUSED = 5;

  /** The action was taken, and the registry has not confirmed it yet. */
  static final int UNCONFIRMED = 6;

  private ExitCode() {}

  /** The exit code for the end of a call. */
  static int of(Status.Code code) {
    return switch (code) {
      case OK -> OK;
      case UNAVAILABLE -> UNREACHABLE;
      case UNAUTHENTICATED, PERMISSION_DENIED -> REFUSED;
      default -> FAILED;
    };
  }
}
