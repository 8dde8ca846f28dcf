package io.fairlead.client.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.AttemptOutcome.Origin;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.policy.Code;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one attempt. Written by the transport while the attempt runs, which is over
 * before anybody reads it; a few stores, so that it costs nothing when nobody asks.
 */
final class AttemptTracer extends ClientStreamTracer {
  final LoadBalancingContext pick;
  final @Nullable AttemptTracer previous;
  final int number;
  private final Kind kind;
  private long startedNanos;
  private final LongSupplier nanoTime;

  private long createdNanos;
  private boolean created;
  // Written on the transport's thread, and read by whoever ends the attempt by a time limit.
  private volatile boolean headersSent;
  private boolean headersReceived;
  private boolean trailersReceived;
  private @Nullable Attributes transport;
  private long endedNanos;
  private Status status = Status.UNKNOWN;
  private boolean timedOut;
  private RpcProgress progress = RpcProgress.SENT;
  // Written last: an attempt may still run when another has ended the call and is being explained.
  private volatile boolean finished;

  /** The first attempt of a call. */
  AttemptTracer(LoadBalancingContext pick, LongSupplier nanoTime, long startedNanos) {
    this(pick, null, Kind.FIRST, nanoTime, startedNanos);
  }

  AttemptTracer(
      LoadBalancingContext pick,
      @Nullable AttemptTracer previous,
      Kind kind,
      LongSupplier nanoTime,
      long startedNanos) {
    this.pick = pick.tracer(this);
    this.kind = kind;
    this.previous = previous;
    this.number = previous == null ? 1 : previous.number + 1;
    this.nanoTime = nanoTime;
    this.startedNanos = startedNanos;
  }

  @Override
  public void streamCreated(Attributes transportAttrs, Metadata headers) {
    transport = transportAttrs;
    created = true;
    createdNanos = nanoTime.getAsLong();
  }

  @Override
  public void outboundHeaders() {
    headersSent = true;
  }

  @Override
  public void inboundHeaders() {
    headersReceived = true;
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    trailersReceived = true;
  }

  /** The backoff before it is over. */
  AttemptTracer startedAt(long nowNanos) {
    startedNanos = nowNanos;
    return this;
  }

  long startedNanos() {
    return startedNanos;
  }

  /** The attempt is over. */
  void end(Status ended, boolean passedItsOwnLimit, long nowNanos) {
    status = ended;
    timedOut = passedItsOwnLimit;
    endedNanos = nowNanos;
    progress =
        RpcProgressTracker.of(ended, created, headersSent, headersReceived || trailersReceived);
    finished = true;
  }

  Status status() {
    return status;
  }

  Code code() {
    return Code.of(status.getCode().value());
  }

  RpcProgress progress() {
    return progress;
  }

  boolean timedOut() {
    return timedOut;
  }

  /** Whether the other side sent the status, rather than headers or messages alone. */
  boolean trailersReceived() {
    return trailersReceived;
  }

  /**
   * Whether the other side sent headers and then the status. gRFC A6 calls such a call committed:
   * it is not retried. A connection that broke after headers said nothing, and does not count.
   */
  boolean committed() {
    return headersReceived && trailersReceived;
  }

  /** The endpoint, if one of ours was picked. */
  @Nullable EndpointView endpoint() {
    return pick.endpoint();
  }

  /** What became of it; one that still runs is about to be cancelled. */
  AttemptOutcome outcome(long callStartedNanos, long nowNanos) {
    boolean ended = finished;
    boolean connected = created;
    long until = ended ? endedNanos : nowNanos;
    return new AttemptOutcome(
        number,
        kind,
        remoteAddress(),
        pick.reason(),
        ended ? code() : Code.CANCELLED,
        ended ? description() : "another attempt ended the call",
        ended && trailersReceived ? Origin.WIRE : Origin.LOCAL,
        ended ? progress : connected ? RpcProgress.SENT : RpcProgress.NOT_CONNECTED,
        startedNanos - callStartedNanos,
        (connected ? createdNanos : until) - startedNanos,
        connected ? until - createdNanos : 0,
        timedOut);
  }

  private String description() {
    String said = status.getDescription() == null ? "" : status.getDescription();
    Throwable cause = status.getCause();
    if (cause == null || trailersReceived) {
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

  /** Where it went, {@code host:port}; empty if it never had an endpoint. */
  String remoteAddress() {
    EndpointView view = endpoint();
    if (view != null) {
      return view.hostAndPort();
    }
    // Another balancer than ours chose; the connection knows where it leads.
    Attributes attributes = transport;
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
