package io.fairlead.observe.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.internal.PushbackHeader;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult.Pushback;
import io.fairlead.policy.Code;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows one stream and makes the {@link AttemptResult} when it closes. There is one tracer for
 * each stream: an attempt of ours brings its own, and the balancer makes one for any other.
 *
 * <p>grpc-java closes a tracer exactly once, whatever becomes of the call. It writes from one
 * thread at a time; what others may read meanwhile is volatile.
 */
public class StreamTracer extends ClientStreamTracer {
  /** Follows nothing, where a stream has its tracer from elsewhere. */
  public static final ClientStreamTracer NONE = new ClientStreamTracer() {};

  /** The connection that carries a stream. */
  public interface Carrier {
    /** Receives the result when the stream has closed; called once. Returns its number. */
    long streamEnded(AttemptResult result);

    /**
     * The stream that closed with OK, and got this number, has failed: no response could be read.
     */
    void successWithdrawn(AttemptResult result, long number);

    /** Receives the trailers. */
    void trailersReceived(Metadata trailers);
  }

  private final LongSupplier nanoTime;
  private final long startedNanos;
  private @Nullable Carrier carrier;
  private @Nullable Deadline deadline;
  private boolean unary = true;
  private boolean waited;
  private long createdNanos;
  private long firstAnswerNanos;

  /**
   * What the carrier gave the result; read by the listener of the call, which hears of it later.
   */
  private long number;

  // Read by those who report on an attempt that still runs.
  private volatile boolean headersSent;
  private boolean headersReceived;
  private int responses;
  private long sentBytes;
  private long receivedBytes;
  private @Nullable Metadata trailers;

  /** Null until a connection has taken the stream. */
  private @Nullable Attributes transport;

  private volatile boolean superseded;
  // Written last: an attempt may still run when another has ended the call and is being explained.
  private volatile @Nullable AttemptResult result;

  /**
   * @param nanoTime the clock of all times in the result
   * @param startedNanos when the attempt was begun
   */
  public StreamTracer(LongSupplier nanoTime, long startedNanos) {
    this.nanoTime = nanoTime;
    this.startedNanos = startedNanos;
  }

  /**
   * Says which connection is about to carry the stream.
   *
   * @param callDeadline of the call, or null for none
   * @param unaryCall whether the end of the call says how long an answer takes
   * @param waitedForIt whether the stream had to wait until there was a connection
   */
  public final StreamTracer carriedBy(
      Carrier newCarrier, @Nullable Deadline callDeadline, boolean unaryCall, boolean waitedForIt) {
    carrier = newCarrier;
    deadline = callDeadline;
    unary = unaryCall;
    waited = waitedForIt;
    createdNanos = nanoTime.getAsLong();
    return this;
  }

  /**
   * Says that the stream is about to be cancelled because a hedge that was sent later has its
   * answer. A few consecutive ones are a sign that the endpoint is slow, and one is none.
   */
  public final void supersede() {
    superseded = true;
  }

  @Override
  public final void streamCreated(Attributes transportAttrs, Metadata headers) {
    transport = transportAttrs;
    if (carrier == null) {
      createdNanos = nanoTime.getAsLong();
    }
    taken();
  }

  /** Hears that a connection has taken the stream; what it sends comes after this. */
  protected void taken() {}

  @Override
  public final void outboundHeaders() {
    headersSent = true;
  }

  @Override
  public final void inboundHeaders() {
    if (!headersReceived) {
      headersReceived = true;
      // Nobody asks for it of a unary call.
      firstAnswerNanos = unary ? createdNanos : nanoTime.getAsLong();
    }
  }

  @Override
  public final void inboundTrailers(Metadata received) {
    trailers = received;
    if (carrier != null) {
      carrier.trailersReceived(received);
    }
  }

  @Override
  public final void inboundMessage(int seqNo) {
    responses++;
  }

  @Override
  public final void outboundWireSize(long bytes) {
    sentBytes += bytes;
  }

  @Override
  public final void inboundWireSize(long bytes) {
    receivedBytes += bytes;
  }

  /** Makes the result, and hands it to the first of its readers, and to the second if it failed. */
  @Override
  public final void streamClosed(Status status) {
    boolean told = result != null;
    AttemptResult made = resultOf(status, trailers);
    result = made;
    closed();
    if (carrier != null) {
      number = carrier.streamEnded(made);
    }
    // A success is known when its response could be read: the listener is told of that.
    if (told || made.code() != Code.OK) {
      ended(made);
    }
  }

  /** Hears that the stream has closed. On the transport's thread. */
  protected void closed() {}

  /**
   * Hears of the result, once, after the connection has: of a failed stream when it closes, and of
   * any other when the listener of the call has been told its end.
   */
  protected void ended(AttemptResult made) {}

  /**
   * Returns the result for the last two of its readers, when the listener of the call has been told
   * its end. Hands a success to the second.
   *
   * @param received what the listener was told
   */
  public final AttemptResult resultFor(Status received, Metadata receivedTrailers) {
    AttemptResult made = result;
    boolean endedWell = made != null && made.code() == Code.OK;
    if (made != null && made.received().equals(received)) {
      if (endedWell) {
        ended(made);
      }
      return made;
    }
    AttemptResult corrected = resultOf(received, receivedTrailers);
    result = corrected;
    if (endedWell) {
      // The stream ended well, and then its response could not be read.
      if (carrier != null) {
        carrier.successWithdrawn(corrected, number);
      }
      ended(corrected);
    }
    return corrected;
  }

  private AttemptResult resultOf(Status received, @Nullable Metadata statusTrailers) {
    long now = nanoTime.getAsLong();
    Status passedLimit = passedOwnLimit(received);
    Status status =
        passedLimit != null
            ? passedLimit
            : StatusRewriter.name(
                received,
                transport != null && takesOneResponse() ? responses : 1,
                trailers == null);
    // What was named anew is not the other side's word, even if that sent trailers.
    boolean fromWire = trailers != null && status.equals(received);
    Status.Code code = status.getCode();
    // Under grpc-java's own retries a missed deadline reaches a stream as a cancellation.
    boolean missedDeadline =
        code == Status.Code.CANCELLED && deadline != null && deadline.isExpired();
    return new AttemptResult(
        endpoint(),
        received,
        status,
        missedDeadline ? Code.DEADLINE_EXCEEDED : Code.of(code.value()),
        RpcProgressTracker.of(status, transport != null, headersSent, headersReceived || fromWire),
        fromWire ? StatusOrigin.WIRE : StatusOrigin.LOCAL,
        startedNanos,
        now,
        // The length of a stream is its caller's choice; the time to its first answer is not.
        unary ? now - createdNanos : headersReceived ? firstAnswerNanos - createdNanos : -1,
        headersReceived,
        superseded,
        passedLimit != null,
        headersReceived && fromWire,
        waited,
        status.isOk() || statusTrailers == null ? Pushback.NONE : pushback(statusTrailers));
  }

  private static Pushback pushback(Metadata statusTrailers) {
    String text = PushbackHeader.read(statusTrailers);
    return text == null ? Pushback.NONE : Pushback.parse(text);
  }

  /** Returns the status of an attempt that its own time limit has ended, or null. */
  protected @Nullable Status passedOwnLimit(Status received) {
    return null;
  }

  /** Returns whether the method has one response, so that an end without it is a failure. */
  protected boolean takesOneResponse() {
    return false;
  }

  /** Returns the endpoint that was picked, or null if it is none of ours. */
  protected @Nullable EndpointView endpoint() {
    return null;
  }

  public final long startedNanos() {
    return startedNanos;
  }

  /** Returns the result, or null while the attempt runs. */
  public final @Nullable AttemptResult result() {
    return result;
  }

  /** Returns how far the request has got, while the attempt runs. */
  public final RpcProgress progressSoFar() {
    return transport != null ? RpcProgress.SENT : RpcProgress.NOT_CONNECTED;
  }

  /** Returns when a connection took the attempt; meaningless if none has. */
  public final long createdNanos() {
    return createdNanos;
  }

  /** Returns the size of the messages that were sent, compressed and without framing. */
  public final long sentBytes() {
    return sentBytes;
  }

  /** Returns the size of the messages that came back, compressed and without framing. */
  public final long receivedBytes() {
    return receivedBytes;
  }

  /** Returns the attributes of the connection, or null if none took the attempt. */
  protected final @Nullable Attributes transport() {
    return transport;
  }
}
