package io.fairlead.balance;

import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an endpoint. Except for the calls on it, all in the synchronization context.
 */
final class Connection {
  private final Member member;
  private final Surroundings surroundings;
  private final Subchannel subchannel;
  private final PickResult unaryResult;
  private final PickResult streamResult;
  private final AtomicInteger inFlight = new AtomicInteger();
  private ConnectivityState state = ConnectivityState.IDLE;
  private @Nullable Status error;
  private Health health = Health.UNKNOWN;
  private boolean closed;

  /** What the endpoint says of itself over this connection. */
  enum Health {
    UNKNOWN,
    SERVING,
    NOT_SERVING
  }

  Connection(
      Member member, EquivalentAddressGroup addresses, Helper helper, Surroundings surroundings) {
    this.member = member;
    this.surroundings = surroundings;
    this.subchannel =
        helper.createSubchannel(CreateSubchannelArgs.newBuilder().setAddresses(addresses).build());
    this.unaryResult = PickResult.withSubchannel(subchannel, new Tracers(true));
    this.streamResult = PickResult.withSubchannel(subchannel, new Tracers(false));
  }

  void connect() {
    subchannel.start(this::changed);
    subchannel.requestConnection();
  }

  void close() {
    closed = true;
    subchannel.shutdown();
  }

  /** Whether calls may be sent on it. */
  boolean isReady() {
    return state == ConnectivityState.READY && health == Health.SERVING;
  }

  ConnectivityState state() {
    return state;
  }

  Health health() {
    return health;
  }

  /** Its last failure to connect; null once it has succeeded. */
  @Nullable Status error() {
    return error;
  }

  PickResult result(boolean unary) {
    return unary ? unaryResult : streamResult;
  }

  int inFlight() {
    return inFlight.get();
  }

  long nanoTime() {
    return surroundings.nanoTime().getAsLong();
  }

  void callStarted() {
    inFlight.incrementAndGet();
    member.load().started();
  }

  void callEnded(Verdict verdict, boolean timeout, long elapsedNanos, long nowNanos) {
    inFlight.decrementAndGet();
    member.load().left();
    member.load().ended(verdict, timeout, elapsedNanos, nowNanos);
    if (verdict == Verdict.FAULT) {
      member.faultSeen();
    }
  }

  void loadReport(Metadata trailers) {
    member.loadReport(trailers);
  }

  private void changed(ConnectivityStateInfo info) {
    if (closed || info.getState() == ConnectivityState.SHUTDOWN) {
      return;
    }
    state = info.getState();
    switch (state) {
      case READY -> {
        error = null;
        health = Health.SERVING;
      }
      case TRANSIENT_FAILURE -> {
        error = info.getStatus();
        member.refreshNames();
      }
      case IDLE -> {
        member.refreshNames();
        subchannel.requestConnection();
      }
      default -> {}
    }
    if (state != ConnectivityState.READY) {
      health = Health.UNKNOWN;
    }
    member.connectionChanged(this);
  }

  private final class Tracers extends ClientStreamTracer.Factory {
    private final boolean unary;

    Tracers(boolean unary) {
      this.unary = unary;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new CallTracer(
          Connection.this, info.getCallOptions().getOption(Attempt.KEY), unary, nanoTime());
    }
  }
}
