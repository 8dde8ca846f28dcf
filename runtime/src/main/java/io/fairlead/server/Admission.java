package io.fairlead.server;

import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Lets a method's calls in while there is room; others wait in line or are refused. */
final class Admission implements ServerInterceptor {
  private final MethodGate gate;
  private final @Nullable CallerGates callers;
  private final @Nullable WaitingLine line;
  private final Pushback pushback;
  private final LongSupplier ticker;

  Admission(
      MethodGate gate,
      @Nullable CallerGates callers,
      @Nullable WaitingLine line,
      Pushback pushback,
      LongSupplier ticker) {
    this.gate = gate;
    this.callers = callers;
    this.line = line;
    this.pushback = pushback;
    this.ticker = ticker;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Object caller = null;
    if (callers != null) {
      caller = caller(call);
      if (!callers.tryEnter(caller)) {
        return refuse(
            call,
            "caller " + text(caller) + " has " + callers.limit() + " calls in flight, its limit");
      }
    }
    // Nobody overtakes those of the same method who wait already.
    int inFlight = line != null && line.holds(this) ? 0 : gate.tryEnter();
    if (inFlight > 0) {
      return AdmittedCall.start(this, inFlight, caller, call, headers, next);
    }
    gate.refused(now());
    if (line != null) {
      WaitingCall<Q, R> waiting = new WaitingCall<>(this, line, caller, call, headers, next);
      line.join(waiting);
      return waiting;
    }
    leaveCaller(caller);
    return refuse(call, gate.explain());
  }

  private <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, String why) {
    refusal(why).close(call);
    return Calls.deaf();
  }

  Refusal refusal(String why) {
    return Refusal.overloaded(why, pushback.millis(gate.quickNanos()));
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

  void leave(long start, int ticket, boolean answered, @Nullable Object caller) {
    leaveCaller(caller);
    long now = ticker.getAsLong();
    gate.leave(ticket, now, now - start, answered);
    if (line != null) {
      line.advance();
    }
  }

  void leaveCaller(@Nullable Object caller) {
    if (callers != null && caller != null) {
      callers.leave(caller);
    }
  }

  MethodGate gate() {
    return gate;
  }

  long now() {
    return ticker.getAsLong();
  }

  @Override
  public String toString() {
    return gate
        + (callers == null ? "" : " (each caller " + callers.limit() + ")")
        + (line == null ? "" : " (" + line + ")");
  }
}
