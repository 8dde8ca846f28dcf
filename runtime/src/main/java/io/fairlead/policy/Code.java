package io.fairlead.policy;

/** The status codes of gRPC, in the order of their numbers. */
public enum Code {
  OK(0),
  CANCELLED(1),
  UNKNOWN(2),
  INVALID_ARGUMENT(3),
  DEADLINE_EXCEEDED(4),
  NOT_FOUND(5),
  ALREADY_EXISTS(6),
  PERMISSION_DENIED(7),
  RESOURCE_EXHAUSTED(8),
  FAILED_PRECONDITION(9),
  ABORTED(10),
  OUT_OF_RANGE(11),
  UNIMPLEMENTED(12),
  INTERNAL(13),
  UNAVAILABLE(14),
  DATA_LOSS(15),
  UNAUTHENTICATED(16);

  private static final Code[] BY_NUMBER = values();

  private final int number;

  Code(int number) {
    this.number = number;
  }

  /**
   * Returns the code with this number on the wire; {@link #UNKNOWN} for a number that gRPC does not
   * define.
   */
  public static Code of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
  }

  /**
   * Returns whether a call that ended so speaks against its endpoint: that is down, broken,
   * overloaded or too slow. All other failures are the business of the caller, which includes
   * {@link #CANCELLED}.
   *
   * <p>This is the one answer to "whose fault is it?". What breakers, retries and hedging count by
   * default are parts of this set.
   */
  public boolean isEndpointFault() {
    return switch (this) {
      case UNKNOWN,
          DEADLINE_EXCEEDED,
          RESOURCE_EXHAUSTED,
          UNIMPLEMENTED,
          INTERNAL,
          UNAVAILABLE,
          DATA_LOSS ->
          true;
      default -> false;
    };
  }

  /** Returns the number on the wire. */
  public int number() {
    return number;
  }
}
