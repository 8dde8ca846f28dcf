package io.fairlead.observe.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.Code;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * How one attempt ended. It is made once, where the stream closes ({@link StreamTracer}), and is
 * only read from there on. The readers, in this order:
 *
 * <ol>
 *   <li>load and ejection of the endpoint, on the thread that closes the stream;
 *   <li>the circuit breaker of the endpoint: of a failure on the same thread, of a success when the
 *       call's listener hears of the end;
 *   <li>the decision about another attempt, when the call's listener hears of the end;
 *   <li>the report to observers and to the caller, when the call is over.
 * </ol>
 *
 * <p>An attempt that never had a stream gets its result when the call's listener hears of the end.
 * So does one whose listener is told something else than the stream, as for a response that cannot
 * be parsed: then the last two readers see the second result, and a success is taken back from the
 * first one. The breaker has not heard of it yet.
 *
 * @param endpoint that was picked, or null if there was none of ours
 * @param received the status as grpc-java gave it
 * @param status the same, with a lost connection named; see {@link StatusRewriter}
 * @param code of the status; a cancellation at or after the deadline is DEADLINE_EXCEEDED
 * @param progress how far the request got
 * @param origin who decided the status
 * @param startedNanos when the attempt was begun
 * @param endedNanos when it ended
 * @param answerNanos the time from when a connection took it to the first answer, or to the end of
 *     a unary call; negative for a stream that ended without an answer
 * @param answered whether headers came back
 * @param superseded whether it was cancelled because a hedge sent later had its answer
 * @param timedOut whether it was ended by its own time limit, and not by that of the call
 * @param committed whether the other side sent headers and then the status. gRFC A6 calls such a
 *     call committed: it is not repeated. A connection that broke after headers said nothing, and
 *     does not count.
 * @param waited whether it waited for a connection, so that the endpoint had only a part of its
 *     time
 * @param pushback what the server said about another attempt
 */
public record AttemptResult(
    @Nullable EndpointView endpoint,
    Status received,
    Status status,
    Code code,
    RpcProgress progress,
    StatusOrigin origin,
    long startedNanos,
    long endedNanos,
    long answerNanos,
    boolean answered,
    boolean superseded,
    boolean timedOut,
    boolean committed,
    boolean waited,
    Pushback pushback) {

  /**
   * The trailer {@code grpc-retry-pushback-ms}.
   *
   * @param present whether the server sent it
   * @param millis the backoff; negative asks for no other attempt
   */
  public record Pushback(boolean present, long millis) {
    /** The header was not there. */
    static final Pushback NONE = new Pushback(false, 0);

    /** Reads the header; text that is no number asks for no other attempt, as gRFC A6 says. */
    static Pushback parse(String text) {
      try {
        return new Pushback(true, Integer.parseInt(text.strip()));
      } catch (NumberFormatException e) {
        return new Pushback(true, -1);
      }
    }
  }

  /**
   * Returns whether the request can be sent again at once, whatever the method does: the server did
   * not look at it. Such an attempt counts as if it had not been made.
   */
  public boolean isUnprocessed() {
    return (progress == RpcProgress.NOT_SENT || progress == RpcProgress.REFUSED)
        && status.getCode() == Status.Code.UNAVAILABLE;
  }

  /**
   * Returns whether it says something about the other side: what that answered, or that it did not
   * answer in time. What never left tells of this side, and so does the time spent waiting for a
   * connection.
   */
  public boolean tellsOfEndpoint() {
    return (progress == RpcProgress.SENT || progress == RpcProgress.REFUSED)
        && code != Code.CANCELLED
        && !ranOutWhileWaiting();
  }

  /**
   * Returns whether its time was over, and a part of that was the wait for a connection. The
   * attempt's own limit begins after that wait, and so says something about the endpoint.
   */
  public boolean ranOutWhileWaiting() {
    return waited && !timedOut && code == Code.DEADLINE_EXCEEDED && origin == StatusOrigin.LOCAL;
  }

  /** Returns whether the other side sent exactly this status. */
  public boolean isFromWire(Status other) {
    return origin == StatusOrigin.WIRE && status.equals(other);
  }
}
