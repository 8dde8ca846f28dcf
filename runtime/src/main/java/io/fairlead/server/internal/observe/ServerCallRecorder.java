package io.fairlead.server.internal.observe;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.Ending;
import io.fairlead.observe.ServerCallOutcome.InjectedFault;
import io.fairlead.observe.ServerCallOutcome.Kind;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.policy.Code;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one call so far.
 *
 * <p>It is grpc-java's tracer of the stream, and travels in the call's context, where the layers
 * find it and add what they decide. When the stream closes, it makes the outcome, once, and the
 * observers hear of it. Layers, handler and transport write from different threads; each field is
 * written by one of them, and is volatile.
 *
 * <p>There is one only if the server has observers. Without them a call costs nothing for this.
 */
public final class ServerCallRecorder extends ServerStreamTracer {
  private static final Context.Key<ServerCallRecorder> KEY = Context.key("fairlead-call-recorder");
  private static final long NOT_YET = Long.MIN_VALUE;

  private final String method;
  private final Kind kind;
  private final Metadata headers;
  private final ServerCallObservers observers;
  private final LongSupplier ticker;
  private final long startedNanos;
  private volatile long requestMessages;
  private volatile long requestBytes;
  private volatile long responseMessages;
  private volatile long responseBytes;
  private volatile Context context = Context.ROOT;
  private volatile @Nullable SocketAddress peer;

  /** From the arrival of the call; not yet for a call without a deadline. */
  private volatile long deadlineNanos = NOT_YET;

  private volatile @Nullable String caller;

  /** Where the call was rejected, if it was; null for a call that reached its handler. */
  private volatile @Nullable Ending rejection;

  private volatile @Nullable RejectionReason rejectionReason;
  private volatile @Nullable InjectedFault injectedFault;
  private volatile long queuedNanos;
  private volatile long handlerStartedNanos = NOT_YET;
  private volatile boolean endedByHandler;

  /** The status with which this side closed the call; null if the transport ended it. */
  private volatile @Nullable Status closed;

  ServerCallRecorder(
      String method,
      Kind kind,
      Metadata headers,
      ServerCallObservers observers,
      LongSupplier ticker) {
    this.method = method;
    this.kind = kind;
    this.headers = headers;
    this.observers = observers;
    this.ticker = ticker;
    this.startedNanos = ticker.getAsLong();
    observers.callStarted(method);
  }

  /** Returns the record of the call whose context is current; null without observers. */
  public static @Nullable ServerCallRecorder current() {
    return KEY.get();
  }

  @Override
  public Context filterContext(Context given) {
    Context own = observers.callContext(method, headers, given);
    context = own;
    return own.withValue(KEY, this);
  }

  @Override
  public void serverCallStarted(ServerCallInfo<?, ?> call) {
    peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    Deadline end = Context.current().getDeadline();
    if (end != null) {
      long elapsed = ticker.getAsLong() - startedNanos;
      deadlineNanos = elapsed + end.timeRemaining(TimeUnit.NANOSECONDS);
    }
  }

  /** Tells observers that the handler is about to run here; returns what runs after it, or null. */
  public @Nullable Runnable handlerEntered() {
    return observers.handlerEntered();
  }

  /** Notes the caller that the authorizer found out, accepted or denied. */
  public void identified(String callerName) {
    caller = callerName;
  }

  /** Notes that the authorizer rejected the call. */
  public void rejectedByAuthorizer() {
    rejection = Ending.REJECTED_BY_AUTHORIZER;
  }

  /** Notes that admission rejected the call. */
  public void rejectedByAdmission(RejectionReason reason) {
    rejectionReason = reason;
    rejection = Ending.REJECTED_BY_ADMISSION;
  }

  /** Notes that the call gets a fault on purpose. */
  public void injected(InjectedFault fault) {
    injectedFault = fault;
  }

  /** Notes how long the call was in the queue, however it left. */
  public void queued(long nanos) {
    queuedNanos = nanos;
  }

  /** Notes that the call is handed to its handler. */
  public void handlerStarted() {
    handlerStartedNanos = ticker.getAsLong();
  }

  /** Notes that the handler, or the code that runs it, ends the call. */
  public void endedByHandler() {
    endedByHandler = true;
  }

  /** Notes that this side closes the call; the first status counts. */
  public void closed(Status status) {
    if (closed == null) {
      closed = status;
    }
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // nobody else writes it, here and in the next three
  public void inboundMessage(int sequence) {
    requestMessages++;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate")
  public void inboundWireSize(long bytes) {
    requestBytes += bytes;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate")
  public void outboundMessage(int sequence) {
    responseMessages++;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate")
  public void outboundWireSize(long bytes) {
    responseBytes += bytes;
  }

  /** Makes the outcome; called once, however the call ended. */
  @Override
  public void streamClosed(Status status) {
    long now = ticker.getAsLong();
    Ending ending = ending(status);
    ServerCallOutcome.Builder outcome =
        ServerCallOutcome.builder(method)
            .kind(kind)
            .ending(ending)
            .status(
                Code.of(status.getCode().value()),
                status.getDescription() == null ? "" : status.getDescription())
            .totalTime(Duration.ofNanos(now - startedNanos))
            .requests(requestMessages, requestBytes)
            .responses(responseMessages, responseBytes)
            .headers(headers)
            .context(context);
    if (queuedNanos != 0) {
      outcome.queueTime(Duration.ofNanos(queuedNanos));
    }
    if (deadlineNanos != NOT_YET) {
      outcome.deadline(Duration.ofNanos(deadlineNanos));
    }
    SocketAddress from = peer;
    if (from != null) {
      outcome.peer(from);
    }
    RejectionReason reason = rejectionReason;
    if (reason != null && ending == Ending.REJECTED_BY_ADMISSION) {
      outcome.rejectedByAdmission(reason);
    }
    InjectedFault fault = injectedFault;
    if (fault != null) {
      outcome.injectedFault(fault);
    }
    String name = caller;
    if (name != null) {
      outcome.caller(name);
    }
    if (handlerStartedNanos != NOT_YET) {
      outcome.handlerTime(Duration.ofNanos(now - handlerStartedNanos));
    }
    observers.callEnded(outcome.build());
  }

  /** Says where the call ended, from what the layers noted and how the stream closed. */
  private Ending ending(Status status) {
    if (status.isOk()) {
      return Ending.OK;
    }
    if (!isOurs(status)) {
      return endedByTransport(status.getCode());
    }
    Ending rejected = rejection;
    if (rejected != null) {
      return rejected;
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return Ending.DEADLINE_PASSED;
    }
    return endedByHandler ? Ending.HANDLER_FAILED : Ending.STOPPED;
  }

  /** Whether the stream closed as this side wanted: a caller who leaves may have been quicker. */
  private boolean isOurs(Status status) {
    Status ours = closed;
    return ours != null && ours.getCode() == status.getCode();
  }

  private Ending endedByTransport(Status.Code code) {
    return switch (code) {
      case DEADLINE_EXCEEDED -> Ending.DEADLINE_PASSED;
      case CANCELLED, UNAVAILABLE -> Ending.CANCELLED;
      case UNIMPLEMENTED -> kind == Kind.UNKNOWN ? Ending.UNKNOWN_METHOD : Ending.STOPPED;
      // A handler that throws before it has a listener is answered for by grpc-java.
      default -> endedByHandler ? Ending.HANDLER_FAILED : Ending.STOPPED;
    };
  }
}
