package io.fairlead.observe.internal;

import io.fairlead.observe.CallExplanation;
import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * All that happens to a status on its way from grpc-java to the caller, in this order:
 *
 * <ol>
 *   <li>{@link #ofAttempt}, of each attempt, when its stream closes. Load, breakers and retries see
 *       the status from here on.
 *   <li>{@link #clarify}, of a call that this side failed, when it is over. Observers see this one.
 *   <li>{@link #explain}, of the same calls, for the caller alone.
 * </ol>
 *
 * <p>A status that the other side sent is left as it came: callers compare it.
 */
public final class StatusRewriter {
  private static final String TOO_LARGE = "gRPC message exceeds maximum size ";

  private StatusRewriter() {}

  /**
   * Names a write to a connection that has just gone. grpc-java says UNKNOWN where it has not heard
   * yet why it went, e.g. for a server killed at this moment; it is what UNAVAILABLE is for. What
   * came over the wire never has a cause.
   */
  static Status ofAttempt(Status status, boolean fromWire) {
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED && !fromWire) {
      // grpc-java's text names its own options; the report says which deadline it was.
      return Status.DEADLINE_EXCEEDED;
    }
    return status.getCode() == Status.Code.UNKNOWN
            && status.getCause() instanceof ClosedChannelException
        ? Status.UNAVAILABLE.withDescription("the connection was lost").withCause(status.getCause())
        : status;
  }

  /** Adds the way out to what grpc-java says of a failure on this side. */
  public static Status clarify(Status status) {
    String said = status.getDescription();
    return status.getCode() == Status.Code.RESOURCE_EXHAUSTED && isTooLarge(said)
        ? status.withDescription(
            "the response is too large: "
                + said
                + "; raise maxResponseBytes, or answer with a stream of parts")
        : status;
  }

  private static boolean isTooLarge(@Nullable String said) {
    return said != null && said.startsWith(TOO_LARGE);
  }

  /** Returns a status whose description is enough by itself, for a failure found by this side. */
  public static Status explain(CallExplanation explanation, Status status) {
    if (!explanation.local()) {
      return status;
    }
    String said = status.getDescription();
    return status.withDescription(
        said == null ? explanation.headline() : said + "; " + explanation.headlineAfter(said));
  }
}
