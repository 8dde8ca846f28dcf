package io.fairlead.codegen.emit;

/** A type that generated code needs and that no name reaches, because other names hide it. */
public final class HiddenNameException extends RuntimeException {
  private static final long serialVersionUID = 1;

  HiddenNameException(String message) {
    super(message);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
