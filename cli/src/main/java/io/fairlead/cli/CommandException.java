package io.fairlead.cli;

/** Ends a command with a sentence for the person who typed it, and an exit code. */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  CommandException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
