package io.fairlead.client.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.internal.Durations;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.StreamTracer;
import io.fairlead.policy.Code;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a call: why it was made, where it went, and its result once it has ended.
 *
 * <p>It is grpc-java's tracer of the attempt's stream, and is told on the event loop of the
 * connection. The attempts of a call are linked backwards, so that the last one leads to all of
 * them for an explanation. The result is made once, when the stream closes; see {@link
 * StreamTracer}.
 */
final class AttemptTracer extends StreamTracer {
  final LoadBalancingContext pick;
  final @Nullable AttemptTracer previous;
  private final Kind kind;
  private final boolean oneResponse;
  private @Nullable AttemptLimit limit;

  /** How much of its wait was for the first list of endpoints. */
  private long resolutionNanos;

  /**
   * @param oneResponse whether the method has one response
   */
  AttemptTracer(
      LoadBalancingContext pick,
      @Nullable AttemptTracer previous,
      Kind kind,
      boolean oneResponse,
      LongSupplier nanoTime,
      long startedNanos) {
    super(nanoTime, startedNanos);
    this.pick = pick.tracer(this);
    this.kind = kind;
    this.oneResponse = oneResponse;
    this.previous = previous;
  }

  /** Returns its number among the attempts of its call; the first one is 1. */
  int number() {
    int number = 1;
    for (AttemptTracer each = previous; each != null; each = each.previous) {
      number++;
    }
    return number;
  }

  /** Returns why it was made. */
  Kind kind() {
    return kind;
  }

  /** Returns the options of this attempt of a call with these options and this deadline. */
  CallOptions optionsOf(CallOptions options, @Nullable Deadline deadline) {
    if (deadline == null) {
      return options.withOption(LoadBalancingContext.KEY, pick);
    }
    // Both at once: the compiler then sees that nobody keeps the first copy, and makes none.
    return options.withDeadline(deadline).withOption(LoadBalancingContext.KEY, pick);
  }

  /** Sets the time limit of the attempt, where it is shorter than what is left of the call's. */
  void limit(AttemptLimit own) {
    limit = own;
  }

  /** Takes the options of its stream, where grpc-java notes delays. */
  AttemptTracer with(CallOptions options) {
    Long nanos = options.getOption(NAME_RESOLUTION_DELAYED);
    resolutionNanos = nanos == null ? 0 : nanos;
    return this;
  }

  /** Returns how much of its wait was for the first list of endpoints. */
  Duration resolutionDelay() {
    return Durations.ofNanos(resolutionNanos);
  }

  @Override
  protected void taken() {
    if (limit != null) {
      limit.start();
    }
  }

  @Override
  protected boolean takesOneResponse() {
    return oneResponse;
  }

  @Override
  protected @Nullable Status passedOwnLimit(Status received) {
    return limit == null ? null : limit.statusFor(received);
  }

  @Override
  protected void closed() {
    if (limit != null) {
      limit.stop();
    }
  }

  /** The endpoint's breaker hears of it, unless it says nothing of the endpoint. */
  @Override
  protected void ended(AttemptResult result) {
    pick.attemptEnded(result);
    if (result.code() == Code.OK) {
      limit = null; // an observer may keep the outcome, and with it this, but not the call
    }
  }

  /** The endpoint, if one of ours was picked. */
  @Override
  protected @Nullable EndpointView endpoint() {
    return pick.endpoint();
  }

  /** What became of it; one that still runs is about to be cancelled. */
  AttemptOutcome outcome(long callStartedNanos, long nowNanos) {
    AttemptResult result = result();
    if (result != null && result.code() == Code.OK) {
      return new SucceededAttemptOutcome(this, result, callStartedNanos);
    }
    EndpointView endpoint = endpoint();
    RpcProgress progress = result == null ? progressSoFar() : result.progress();
    boolean connected = progress != RpcProgress.NOT_CONNECTED;
    long until = result == null ? nowNanos : result.endedNanos();
    long waitedUntil = connected ? createdNanos() : until;
    return AttemptOutcome.builder(number(), kind)
        .endpoint(remoteAddress(), endpoint == null ? "" : endpoint.id())
        .pickReason(pick.reason())
        .status(
            result == null ? Code.CANCELLED : result.code(),
            result == null ? "another attempt ended the call" : description(result),
            result == null ? StatusOrigin.LOCAL : result.origin())
        .progress(progress)
        .times(
            Durations.ofNanos(startedNanos() - callStartedNanos),
            Duration.ofNanos(waitedUntil - startedNanos()),
            Duration.ofNanos(until - waitedUntil))
        .delays(resolutionDelay(), pick.waited())
        .timedOut(result != null && result.timedOut())
        .messageBytes(sentBytes(), receivedBytes())
        .build();
  }

  /** Returns what the status says, with the root of its cause where this side found the failure. */
  static String description(AttemptResult result) {
    Status status = result.status();
    String said = status.getDescription() == null ? "" : status.getDescription();
    Throwable cause = status.getCause();
    if (cause == null || result.origin() == StatusOrigin.WIRE) {
      return said;
    }
    return said.isEmpty() ? rootOf(cause) : said + ": " + rootOf(cause);
  }

  private static String rootOf(Throwable cause) {
    Throwable root = cause;
    for (int depth = 0; root.getCause() != null && depth < 20; depth++) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }

  /** Where it went, for people: the endpoint's id with its address. */
  String where() {
    EndpointView view = endpoint();
    return view == null ? remoteAddress() : view.toString();
  }

  /** Where it went, {@code host:port}; empty if it never had an endpoint. */
  String remoteAddress() {
    EndpointView view = endpoint();
    if (view != null) {
      return view.hostAndPort();
    }
    // Another balancer than ours chose; the connection knows where it leads.
    Attributes attributes = transport();
    SocketAddress remote =
        attributes == null ? null : attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    if (remote instanceof InetSocketAddress inet) {
      return (inet.getAddress() == null ? inet.getHostString() : inet.getAddress().getHostAddress())
          + ":"
          + inet.getPort();
    }
    return remote == null ? "" : remote.toString();
  }
}
