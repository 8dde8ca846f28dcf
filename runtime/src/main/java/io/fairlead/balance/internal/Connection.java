package io.fairlead.balance.internal;

import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.StreamTracer;
import io.fairlead.policy.Code;
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
final class Connection implements StreamTracer.Carrier {
  /** Follows nothing: the attempt brought a tracer. */
  static final ClientStreamTracer NO_TRACER = new ClientStreamTracer() {};

  private final ManagedEndpoint managed;
  private final BalancerContext balancerContext;
  private final Subchannel subchannel;
  private final PickResult unaryResult;
  private final PickResult streamResult;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger consecutiveTimeouts = new AtomicInteger();
  private ConnectivityState state = ConnectivityState.IDLE;
  private @Nullable Status error;
  private Health health = Health.PENDING;
  private @Nullable ReconnectingStream<HealthCheckRequest, HealthCheckResponse> healthWatch;
  private @Nullable ReconnectingStream<Duration, OrcaLoadReports.Report> loadWatch;
  private boolean closed;

  /** What the endpoint says of itself over this connection. */
  enum Health {
    /** The watch has just begun; calls wait for its first answer, for a second at most. */
    PENDING,
    SERVING,
    /** There is no clear answer; calls go out, as to an endpoint that nobody asks. */
    UNKNOWN,
    /** It says so, or its health is strict and not known; no calls go out. */
    NOT_SERVING
  }

  Connection(
      ManagedEndpoint managed, EquivalentAddressGroup addresses, BalancerContext balancerContext) {
    this.managed = managed;
    this.balancerContext = balancerContext;
    this.subchannel =
        balancerContext
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
    return !closed
        && state == ConnectivityState.READY
        && (health == Health.SERVING || health == Health.UNKNOWN);
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
    return balancerContext.nanoTime();
  }

  private void callStarted() {
    balancerContext.inFlight().increment();
    managed.load().callStarted();
    if (inFlight.incrementAndGet() >= balancerContext.options().connections().maxStreams()) {
      managed.connectionSaturated();
    }
  }

  /** Takes the end of a call into the figures of the endpoint, which may eject it. */
  @Override
  public void streamEnded(AttemptResult result) {
    CallOutcomeClass outcome = CallOutcomeClass.of(result);
    balancerContext.inFlight().decrement();
    inFlight.decrementAndGet();
    managed.load().callFinished();
    managed.load().recordOutcome(outcome, result.answerNanos(), result.endedNanos());
    if (result.code() == Code.DEADLINE_EXCEEDED) {
      int timeouts = consecutiveTimeouts.incrementAndGet();
      if (timeouts == balancerContext.options().maxConsecutiveTimeouts().orElse(-1)) {
        balancerContext.execute(() -> managed.connectionStalled(this, timeouts));
      }
    } else if (outcome == CallOutcomeClass.SUCCESS && consecutiveTimeouts.get() != 0) {
      consecutiveTimeouts.set(0);
    }
    if (outcome == CallOutcomeClass.FAILURE || outcome == CallOutcomeClass.SUPERSEDED) {
      managed.failureObserved();
    }
  }

  @Override
  public void successWithdrawn(AttemptResult result) {
    if (CallOutcomeClass.of(result) == CallOutcomeClass.FAILURE) {
      managed.load().withdrawSuccess();
      managed.failureObserved();
    }
  }

  @Override
  public void trailersReceived(Metadata trailers) {
    byte[] report = trailers.get(OrcaLoadReports.TRAILER);
    if (report != null) {
      managed.loadReport(report);
    }
  }

  private void changed(ConnectivityStateInfo info) {
    if (closed || info.getState() == ConnectivityState.SHUTDOWN) {
      return;
    }
    state = info.getState();
    if (state != ConnectivityState.READY) {
      stopWatches();
      health = Health.PENDING;
    }
    switch (state) {
      case READY -> connected();
      case TRANSIENT_FAILURE -> {
        error = info.getStatus();
        managed.refreshNameResolution();
      }
      case IDLE -> {
        managed.refreshNameResolution();
        subchannel.requestConnection();
      }
      default -> {}
    }
    managed.connectionChanged(this);
  }

  private void connected() {
    error = null;
    consecutiveTimeouts.set(0);
    managed.restartLoadReports();
    if (balancerContext.options().healthGating()) {
      watchHealth();
    } else {
      health = Health.SERVING;
    }
    balancerContext.options().loadReportInterval().ifPresent(this::watchLoadReports);
  }

  private void watchLoadReports(Duration interval) {
    loadWatch =
        new ReconnectingStream<>(
            subchannel.asChannel(),
            OrcaLoadReports.STREAM,
            interval,
            balancerContext.streams(),
            managed::loadReport,
            none -> {});
    loadWatch.open();
  }

  private void watchHealth() {
    healthWatch =
        new ReconnectingStream<>(
            subchannel.asChannel(),
            HealthGrpc.getWatchMethod(),
            HealthCheckRequest.newBuilder()
                .setService(balancerContext.options().healthService().orElse(""))
                .build(),
            balancerContext.streams(),
            answer -> onHealthResponse(answer.getStatus()),
            this::healthNotKnown);
    healthWatch.open();
  }

  private void onHealthResponse(ServingStatus said) {
    switch (said) {
      case SERVING -> {
        managed.healthKnown();
        become(Health.SERVING, null);
      }
      case NOT_SERVING -> {
        managed.healthKnown();
        become(
            Health.NOT_SERVING,
            Status.UNAVAILABLE.withDescription("its health service says NOT_SERVING"));
      }
      default -> healthNotKnown(Status.UNKNOWN.withDescription("it says " + said));
    }
  }

  /**
   * Only a clear answer takes an endpoint out of use: a refusal of the watch says nothing about
   * calls.
   */
  private void healthNotKnown(Status why) {
    String remark = managed.healthNotKnown(why);
    if (balancerContext.options().strictHealth()) {
      become(
          Health.NOT_SERVING,
          Status.UNAVAILABLE.withDescription(remark + ", and strictHealth is on"));
    } else {
      become(Health.UNKNOWN, null);
    }
  }

  private void become(Health next, @Nullable Status why) {
    if (closed || state != ConnectivityState.READY || health == next) {
      return;
    }
    health = next;
    error = why;
    managed.connectionChanged(this);
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

    /** An attempt of ours has its tracer already, which only needs to know the connection. */
    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      callStarted();
      CallOptions options = info.getCallOptions();
      LoadBalancingContext context = options.getOption(LoadBalancingContext.KEY);
      StreamTracer own = context == null ? null : context.tracer();
      if (own != null) {
        own.carriedBy(Connection.this, options.getDeadline(), unary);
        return NO_TRACER;
      }
      return new StreamTracer(balancerContext.clockAndRandom().nanoTime(), 0)
          .carriedBy(Connection.this, options.getDeadline(), unary);
    }
  }
}
