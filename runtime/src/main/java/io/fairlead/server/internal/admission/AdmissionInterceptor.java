package io.fairlead.server.internal.admission;

import io.fairlead.internal.Plural;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.security.Caller;
import io.fairlead.server.internal.call.CallRejection;
import io.fairlead.server.internal.call.QuietClose;
import io.fairlead.server.internal.observe.ServerCallRecorder;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Admits a method's calls while there is room; others wait in the queue or are rejected.
 *
 * <p>It runs on the event loop, and never waits. A permit is taken in this order: the caller's
 * limit, the server's, the method's; what was taken is given back when a later one is full. A new
 * call does not pass calls of the same method that wait already.
 */
public final class AdmissionInterceptor implements ServerInterceptor {
  private final MethodLimiter limiter;
  private final PerCallerLimiter perCaller;
  private final AdmissionQueue queue;
  private final RetryPushbackEstimator pushbackEstimator;
  private final LongSupplier ticker;

  /** Shared by all methods of the server. */
  private final LongAdder refused;

  AdmissionInterceptor(
      MethodLimiter limiter,
      PerCallerLimiter perCaller,
      AdmissionQueue queue,
      RetryPushbackEstimator retryPushbackEstimator,
      LongSupplier ticker,
      LongAdder refused) {
    this.limiter = limiter;
    this.perCaller = perCaller;
    this.queue = queue;
    this.pushbackEstimator = retryPushbackEstimator;
    this.ticker = ticker;
    this.refused = refused;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Object caller = null;
    if (perCaller.limit() > 0) {
      caller = caller(call);
      if (!perCaller.tryAcquire(caller)) {
        return reject(
            call,
            RejectionReason.CALLER_LIMIT,
            "caller "
                + text(caller)
                + " has "
                + Plural.of(perCaller.limit(), "call")
                + " in flight, its limit");
      }
    }
    // A call never passes those of the same method that wait already.
    int inFlight = queue.hasQueued(this) ? 0 : limiter.tryAcquire();
    if (inFlight > 0) {
      return AdmittedCall.start(this, inFlight, caller, call, headers, next);
    }
    limiter.onRejected(now());
    if (queue.isOpen()) {
      QueuedCall<Q, R> queued = new QueuedCall<>(this, queue, caller, call, headers, next);
      queue.enqueue(queued);
      return queued;
    }
    releaseCaller(caller);
    RejectionReason reason = limiter.rejectionReason();
    return reject(call, reason, limiter.explain(reason));
  }

  private <Q> ServerCall.Listener<Q> reject(
      ServerCall<Q, ?> call, RejectionReason reason, String why) {
    ServerCallRecorder recorder = ServerCallRecorder.current();
    if (recorder != null) {
      recorder.rejectedByAdmission(reason);
    }
    rejection(why).close(call);
    return QuietClose.noopListener();
  }

  /** Asked once for each call that is rejected. */
  CallRejection rejection(String why) {
    refused.increment();
    return CallRejection.overloaded(why, pushbackEstimator.millis(limiter.fastCallNanos()));
  }

  /** Its name where it is known, else its address: as an object, so that no call makes a text. */
  private static Object caller(ServerCall<?, ?> call) {
    Caller caller = Caller.current();
    if (caller != null) {
      return caller.name();
    }
    SocketAddress peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return peer instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress()
        : String.valueOf(peer);
  }

  private static String text(Object caller) {
    return caller instanceof InetAddress address ? address.getHostAddress() : caller.toString();
  }

  void release(long start, int ticket, boolean answered, @Nullable Object caller) {
    releaseCaller(caller);
    long now = ticker.getAsLong();
    limiter.release(ticket, now, now - start, answered);
    queue.advance();
  }

  void releaseCaller(@Nullable Object caller) {
    if (caller != null) {
      perCaller.release(caller);
    }
  }

  MethodLimiter limiter() {
    return limiter;
  }

  long now() {
    return ticker.getAsLong();
  }

  @Override
  public String toString() {
    return limiter
        + (perCaller.limit() == 0 ? "" : " (each caller " + perCaller.limit() + ")")
        + (queue.isOpen() ? " (" + queue + ")" : "");
  }
}
