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
import org.jspecify.annotations.Nullable;

/**
 * What is known of one call so far.
 *
 * <p>It is grpc-java's tracer of the stream, and travels in the call's context, where the layers
 * find it and add what they decide. When the stream closes, it makes the outcome, once, and the
 * observers hear of it.
 *
 * <p>Layers, handler and transport write from different threads, and no field is volatile: whoever
 * hands a call on, or its answer, orders what both sides write. Only a call that its caller leaves
 * can end while others still write. So the outcome of a call that ended with OK reads this record,
 * and that of any other has copies.
 *
 * <p>There is one only if the server has observers. Without them a call costs nothing for this.
 */
public final class ServerCallRecorder extends ServerStreamTracer {
  private static final Context.Key<ServerCallRecorder> KEY = Context.key("fairlead-call-recorder");
  static final long NOT_YET = Long.MIN_VALUE;

  final String method;
  final Kind kind;
  final Metadata headers;
  final long startedNanos;
  private final ServerCallRecorderFactory factory;
  long requestMessages;
  long requestBytes;
  long responseMessages;
  long responseBytes;
  Context context = Context.ROOT;
  @Nullable SocketAddress peer;
  private @Nullable Deadline deadline;
  @Nullable String caller;

  /** Where the call was rejected, if it was; both are unset for one that reached its handler. */
  private boolean rejectedByAuthorizer;

  private @Nullable RejectionReason rejectionReason;
  @Nullable InjectedFault injectedFault;
  long queuedNanos;
  private long handlerStartedNanos = NOT_YET;
  private boolean endedByHandler;

  /** The status with which this side closed the call; null if the transport ended it. */
  private @Nullable Status closed;

  ServerCallRecorder(
      String method, Kind kind, Metadata headers, ServerCallRecorderFactory factory) {
    this.method = method;
    this.kind = kind;
    this.headers = headers;
    this.factory = factory;
    this.startedNanos = factory.nanoTime();
    factory.observers().callStarted(method);
  }

  /** Returns the record of the call whose context is current; null without observers. */
  public static @Nullable ServerCallRecorder current() {
    return KEY.get();
  }

  @Override
  public Context filterContext(Context given) {
    Context own = factory.observers().callContext(method, headers, given);
    context = own;
    return own.withValue(KEY, this);
  }

  @Override
  public void serverCallStarted(ServerCallInfo<?, ?> call) {
    peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    deadline = Context.current().getDeadline();
  }

  /** Tells observers that the handler is about to run here; returns what runs after it, or null. */
  public @Nullable Runnable handlerEntered() {
    return factory.observers().handlerEntered();
  }

  /** Notes the caller that the authorizer found out, accepted or denied. */
  public void identified(String callerName) {
    caller = callerName;
  }

  /** Notes that the authorizer rejected the call. */
  public void rejectedByAuthorizer() {
    rejectedByAuthorizer = true;
  }

  /** Notes that admission rejected the call. */
  public void rejectedByAdmission(RejectionReason reason) {
    rejectionReason = reason;
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
    handlerStartedNanos = factory.nanoTime();
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
  public void inboundMessage(int sequence) {
    requestMessages++;
  }

  @Override
  public void inboundWireSize(long bytes) {
    requestBytes += bytes;
  }

  @Override
  public void outboundMessage(int sequence) {
    responseMessages++;
  }

  @Override
  public void outboundWireSize(long bytes) {
    responseBytes += bytes;
  }

  /** Makes the outcome; called once, however the call ended. */
  @Override
  public void streamClosed(Status status) {
    long now = factory.nanoTime();
    factory
        .observers()
        .callEnded(
            status.isOk() && status.getDescription() == null
                ? new AnsweredCallOutcome(this, now, deadlineNanos(now))
                : copy(status, now));
  }

  /** Returns the time since the handler got the call, or {@link #NOT_YET}. */
  long handlerNanos(long now) {
    return handlerStartedNanos == NOT_YET ? NOT_YET : now - handlerStartedNanos;
  }

  /** Returns the time that the caller gave, from the arrival, or {@link #NOT_YET} for none. */
  private long deadlineNanos(long now) {
    Deadline end = deadline;
    return end == null ? NOT_YET : now - startedNanos + end.timeRemaining(TimeUnit.NANOSECONDS);
  }

  private ServerCallOutcome copy(Status status, long now) {
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
            .queueTime(Duration.ofNanos(queuedNanos))
            .context(context);
    long given = deadlineNanos(now);
    if (given != NOT_YET) {
      outcome.deadline(Duration.ofNanos(given));
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
    long handled = handlerNanos(now);
    if (handled != NOT_YET) {
      outcome.handlerTime(Duration.ofNanos(handled));
    }
    return outcome.build();
  }

  /** Says where the call ended, from what the layers noted and how the stream closed. */
  private Ending ending(Status status) {
    if (status.isOk()) {
      return Ending.OK;
    }
    if (!isOurs(status)) {
      return endedByTransport(status.getCode());
    }
    if (rejectionReason != null) {
      return Ending.REJECTED_BY_ADMISSION;
    }
    if (rejectedByAuthorizer) {
      return Ending.REJECTED_BY_AUTHORIZER;
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
