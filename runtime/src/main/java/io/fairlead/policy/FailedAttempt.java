package io.fairlead.policy;

/**
 * What a decision about another attempt looks at. Everything is known when the attempt has ended,
 * so that the decision is a pure function of it.
 *
 * @param number of the attempt that failed; the first is 1
 * @param backoffStep of the growing backoff that comes next; the first is 1
 * @param code it failed with
 * @param timedOut whether it passed its per-attempt time
 * @param mayHaveExecuted whether the server may have begun to execute it
 * @param committed whether the server had sent response headers before it sent this failure
 * @param pushback what the server said about the backoff
 * @param leftNanos time until the call's deadline, or {@link Long#MAX_VALUE} for none
 */
public record FailedAttempt(
    int number,
    int backoffStep,
    Code code,
    boolean timedOut,
    boolean mayHaveExecuted,
    boolean committed,
    Pushback pushback,
    long leftNanos) {

  /**
   * The trailer {@code grpc-retry-pushback-ms}.
   *
   * @param present whether the server sent it
   * @param millis the backoff; negative asks for no other attempt
   */
  public record Pushback(boolean present, long millis) {
    /** The header was not there. */
    public static final Pushback NONE = new Pushback(false, 0);

    /** Reads the header; text that is no number asks for no other attempt, as gRFC A6 says. */
    public static Pushback parse(String text) {
      try {
        return new Pushback(true, Integer.parseInt(text.strip()));
      } catch (NumberFormatException e) {
        return new Pushback(true, -1);
      }
    }
  }
}
