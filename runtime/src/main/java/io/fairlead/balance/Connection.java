package io.fairlead.balance;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an endpoint, with what the endpoint says of itself over it. Except for the
 * calls on it, all in the synchronization context.
 */
final class Connection {
  private final Member member;
  private final Shared shared;
  private final Subchannel subchannel;
  private final PickResult unaryResult;
  private final PickResult streamResult;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger timeoutsInARow = new AtomicInteger();
  private ConnectivityState state = ConnectivityState.IDLE;
  private @Nullable Status error;
  private Health health = Health.UNKNOWN;
  private @Nullable SubchannelStream<HealthCheckRequest, HealthCheckResponse> healthWatch;
  private @Nullable SubchannelStream<Duration, LoadReports.Report> loadWatch;
  private boolean closed;

  /** What the endpoint says of itself over this connection. */
  enum Health {
    UNKNOWN,
    SERVING,
    NOT_SERVING
  }

  Connection(Member member, EquivalentAddressGroup addresses, Shared shared) {
    this.member = member;
    this.shared = shared;
    this.subchannel =
        shared
            .helper()
            .createSubchannel(CreateSubchannelArgs.newBuilder().setAddresses(addresses).build());
    this.unaryResult = PickResult.withSubchannel(subchannel, new Tracers(true));
    this.streamResult = PickResult.withSubchannel(subchannel, new Tracers(false));
  }

  void connect() {
    subchannel.start(this::changed);
    subchannel.requestConnection();
  }

  /** Lets calls on it end by themselves; no new one begins. */
  void close() {
    closed = true;
    stopWatches();
    subchannel.shutdown();
  }

  /** Whether calls may be sent on it. */
  boolean isReady() {
    return !closed && state == ConnectivityState.READY && health == Health.SERVING;
  }

  ConnectivityState state() {
    return state;
  }

  Health health() {
    return health;
  }

  /** Its last failure to connect, or why it does not serve; null once it does. */
  @Nullable Status error() {
    return error;
  }

  PickResult result(boolean unary) {
    return unary ? unaryResult : streamResult;
  }

  Channel asChannel() {
    return subchannel.asChannel();
  }

  int inFlight() {
    return inFlight.get();
  }

  long nanoTime() {
    return shared.nanoTime();
  }

  void callStarted() {
    shared.inFlight().increment();
    member.load().started();
    if (inFlight.incrementAndGet() >= shared.options().connections().streams()) {
      member.full();
    }
  }

  void callEnded(Verdict verdict, boolean timeout, long elapsedNanos, long nowNanos) {
    shared.inFlight().decrement();
    inFlight.decrementAndGet();
    member.load().left();
    member.load().ended(verdict, elapsedNanos, nowNanos);
    if (timeout) {
      int misses = timeoutsInARow.incrementAndGet();
      if (misses == shared.options().stalledAfter()) {
        shared.later(() -> member.stalled(this, misses));
      }
    } else if (verdict == Verdict.ANSWERED && timeoutsInARow.get() != 0) {
      timeoutsInARow.set(0);
    }
    if (verdict == Verdict.FAULT || verdict == Verdict.OVERTAKEN) {
      member.faultSeen();
    }
  }

  void loadReport(Metadata trailers) {
    byte[] report = trailers.get(LoadReports.TRAILER);
    if (report != null) {
      member.loadReport(report);
    }
  }

  private void changed(ConnectivityStateInfo info) {
    if (closed || info.getState() == ConnectivityState.SHUTDOWN) {
      return;
    }
    state = info.getState();
    if (state != ConnectivityState.READY) {
      stopWatches();
      health = Health.UNKNOWN;
    }
    switch (state) {
      case READY -> connected();
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
    member.connectionChanged(this);
  }

  private void connected() {
    error = null;
    timeoutsInARow.set(0);
    member.restartLoadReports();
    if (shared.options().healthGating()) {
      watchHealth();
    } else {
      health = Health.SERVING;
    }
    Duration interval = shared.options().loadReportInterval();
    if (!interval.isZero()) {
      loadWatch =
          new SubchannelStream<>(
              subchannel.asChannel(),
              LoadReports.STREAM,
              interval,
              shared.streams(),
              member::loadReport,
              ended -> {});
      loadWatch.open();
    }
  }

  private void watchHealth() {
    healthWatch =
        new SubchannelStream<>(
            subchannel.asChannel(),
            HealthGrpc.getWatchMethod(),
            HealthCheckRequest.newBuilder().setService(shared.options().healthService()).build(),
            shared.streams(),
            answer -> healthSaid(answer.getStatus()),
            this::healthWatchEnded);
    healthWatch.open();
  }

  private void healthSaid(ServingStatus said) {
    boolean serving = said == ServingStatus.SERVING;
    become(
        serving ? Health.SERVING : Health.NOT_SERVING,
        serving ? null : Status.UNAVAILABLE.withDescription("its health service says " + said));
  }

  /** A server without the health service is not gated; any other end is no good sign. */
  private void healthWatchEnded(Status status) {
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      become(Health.SERVING, null);
    } else {
      become(
          Health.NOT_SERVING,
          Status.UNAVAILABLE.withDescription("watching its health failed: " + status));
    }
  }

  private void become(Health next, @Nullable Status why) {
    if (closed || state != ConnectivityState.READY || health == next) {
      return;
    }
    health = next;
    error = why;
    member.connectionChanged(this);
  }

  private void stopWatches() {
    if (healthWatch != null) {
      healthWatch.stop();
      healthWatch = null;
    }
    if (loadWatch != null) {
      loadWatch.stop();
      loadWatch = null;
    }
  }

  private final class Tracers extends ClientStreamTracer.Factory {
    private final boolean unary;

    Tracers(boolean unary) {
      this.unary = unary;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      CallOptions options = info.getCallOptions();
      return new CallTracer(
          Connection.this,
          options.getOption(Attempt.KEY),
          options.getDeadline(),
          unary,
          nanoTime());
    }
  }
}
