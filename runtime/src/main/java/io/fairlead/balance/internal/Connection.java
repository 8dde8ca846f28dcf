package io.fairlead.balance.internal;

import io.fairlead.balance.internal.HealthService.ServingStatus;
import io.fairlead.balance.internal.algorithm.KeyHash;
import io.fairlead.internal.Durations;
import io.fairlead.observe.StatusOrigin;
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
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an endpoint, with what the endpoint says of itself over it: health, and reports
 * of its load.
 *
 * <p>A connection is a subchannel of grpc-java, which connects and reconnects. This class adds the
 * two watches, which live as long as the connection is up, and counts the calls on it. It learns of
 * every call through a tracer: that of our attempt, or one of its own for calls that bring none,
 * such as those of a stock balancer.
 *
 * <p>Calls start and end on any thread, and touch only the counters. All else runs in the
 * synchronization context. {@link ManagedEndpoint} opens and closes connections.
 */
final class Connection implements StreamTracer.Carrier, LivenessProbe.Listener {
  /** How long the reply to a ping may take until another connection is made. */
  private static final long REPLY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long FIRST_PING_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int PING_PAUSE_GROWTH = 6;

  /** A stock server permits one ping each five minutes. */
  private static final long LONGEST_PING_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(6);

  private final ManagedEndpoint managed;
  private final BalancerContext balancerContext;
  private final Subchannel subchannel;

  /** Results of picks, made once: a pick that returns one allocates nothing. */
  private final PickResult unaryResult;

  private final PickResult streamResult;

  /** Calls on this connection, for the choice among several; changed by calls on any thread. */
  private final AtomicInteger inFlight = new AtomicInteger();

  /** Calls that timed out since the last good one; at a limit the connection is replaced. */
  private final AtomicInteger consecutiveTimeouts = new AtomicInteger();

  private final LivenessProbe probe = new LivenessProbe(this);
  private final ReconnectBackoff backoff = new ReconnectBackoff();

  /** Whether the other end does not reply: to calls and a ping, or to a ping of keep-alive. */
  private volatile boolean silent;

  /** Whether keep-alive found that. */
  private boolean keepAliveMissed;

  /** Replies to pings, so that one that overtakes the news of a missing reply is seen. */
  private volatile int pingReplies;

  private @Nullable ScheduledHandle replyTimer;
  private @Nullable ScheduledHandle reconnectTimer;
  private long readySince;
  private long nextPing;
  private long pingPause;

  /** Whether a call has been answered on it since it stood, or since the last ping. */
  private volatile boolean heard;

  /** That of the subchannel; a failure too while a server that only closes is left alone. */
  private ConnectivityState state = ConnectivityState.IDLE;

  private @Nullable Status error;
  private Health health = Health.PENDING;
  private @Nullable ReconnectingStream<String, ServingStatus> healthWatch;
  private @Nullable ReconnectingStream<Duration, OrcaLoadReports.Report> loadWatch;

  /** Set once, so that late events of the subchannel and of the watches change nothing. */
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
            .createSubchannel(
                CreateSubchannelArgs.newBuilder().setAddresses(withProbe(addresses)).build());
    this.unaryResult = PickResult.withSubchannel(subchannel, new Tracers(true));
    this.streamResult = PickResult.withSubchannel(subchannel, new Tracers(false));
  }

  private EquivalentAddressGroup withProbe(EquivalentAddressGroup addresses) {
    return new EquivalentAddressGroup(
        addresses.getAddresses(),
        addresses.getAttributes().toBuilder().set(LivenessProbe.KEY, probe).build());
  }

  void connect() {
    subchannel.start(this::changed);
    subchannel.requestConnection();
  }

  /** Lets calls on it end by themselves, or at the next keep-alive ping without a reply. */
  void close() {
    if (!closed && state == ConnectivityState.READY) {
      managed.connectionReported(ConnectivityStateInfo.forNonError(ConnectivityState.SHUTDOWN));
    }
    closed = true;
    stopWatches();
    spoken();
    cancel(reconnectTimer);
    subchannel.shutdown();
  }

  private static void cancel(@Nullable ScheduledHandle timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /** Whether calls may be sent on it. */
  boolean isReady() {
    return !closed
        && state == ConnectivityState.READY
        && (health == Health.SERVING || health == Health.UNKNOWN)
        && !silent;
  }

  /** Whether it did not come about, or its endpoint does not serve. */
  boolean isFailing() {
    return state == ConnectivityState.TRANSIENT_FAILURE || health == Health.NOT_SERVING;
  }

  /** Whether the other end does not reply, neither to calls nor to a ping. */
  boolean isSilent() {
    return silent;
  }

  /** Whether keep-alive got no reply, and ends its calls once it is closed. */
  boolean missedKeepAlive() {
    return keepAliveMissed;
  }

  ConnectivityState state() {
    return state;
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
      managed.connections().saturated();
    }
  }

  /** Takes the end of a call into the figures of the endpoint, which may eject it. */
  @Override
  public long streamEnded(AttemptResult result) {
    CallOutcomeClass outcome = CallOutcomeClass.of(result);
    balancerContext.inFlight().decrement();
    inFlight.decrementAndGet();
    managed.load().callFinished();
    // Headers do not count as a sign of life: they may have come long ago.
    boolean answered = result.origin() == StatusOrigin.WIRE;
    long number =
        managed.load().recordOutcome(outcome, result.answerNanos(), result.endedNanos(), answered);
    if (answered) {
      answered();
    } else if (result.code() == Code.DEADLINE_EXCEEDED
        && !result.answered()
        && !result.ranOutWhileWaiting()) {
      int timeouts = consecutiveTimeouts.incrementAndGet();
      // From the count to the limit and not beyond: the replacement is asked for once.
      if (timeouts == balancerContext.options().maxConsecutiveTimeouts().orElse(-1)) {
        balancerContext.execute(() -> suspect(timeouts));
      }
    }
    if (outcome == CallOutcomeClass.FAILURE || outcome == CallOutcomeClass.SUPERSEDED) {
      managed.failureObserved();
    }
    return number;
  }

  /** Something has just come over it; mostly that is nothing new, and a volatile store is dear. */
  private void answered() {
    if (consecutiveTimeouts.get() != 0) {
      consecutiveTimeouts.set(0);
    }
    if (!heard) {
      heard = true;
    }
    resume();
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // replies come one after the other, on one loop
  public void replyReceived() {
    pingReplies++;
    managed.heard();
    resume();
  }

  private void resume() {
    if (silent) {
      balancerContext.execute(this::replied);
    }
  }

  /**
   * Its endpoint may only stand still, as may all of them. So calls that it has are not failed yet:
   * another connection is made, and what becomes of that decides.
   */
  @Override
  public void keepAliveMissed(Duration timeout) {
    int repliesBefore = pingReplies;
    balancerContext.execute(
        () -> {
          if (closed || state != ConnectivityState.READY || pingReplies != repliesBefore) {
            return;
          }
          if (!keepAliveMissed) {
            keepAliveMissed = true;
            managed.pingMissed();
          }
          if (!silent) {
            silent = true;
            managed.connectionChanged(this);
          }
          managed
              .connections()
              .replaceSilent(
                  this, "a keep-alive ping got no reply within " + Durations.format(timeout));
        });
  }

  /**
   * Calls on it time out one after the other. Either the endpoint is slow, or packets vanish: a
   * ping tells. Until the reply comes no call is sent here, and when it does not come, a new
   * connection is made; this one is given up when that stands.
   */
  private void suspect(int timeouts) {
    consecutiveTimeouts.set(0);
    if (closed || silent || state != ConnectivityState.READY || !mayPing()) {
      return;
    }
    silent = true;
    replyTimer = balancerContext.schedule(() -> noReply(timeouts), REPLY_NANOS);
    managed.connectionChanged(this);
    probe.ping();
  }

  /**
   * Servers count pings that come too often while they send nothing themselves, and close the
   * connection at the third. So the pauses grow quickly as long as nothing is heard.
   */
  private boolean mayPing() {
    long now = balancerContext.nanoTime();
    if (heard) {
      pingPause = FIRST_PING_PAUSE_NANOS;
    } else if (now - nextPing < 0) {
      return false;
    } else {
      pingPause = Math.min(pingPause * PING_PAUSE_GROWTH, LONGEST_PING_PAUSE_NANOS);
    }
    heard = false;
    nextPing = now + pingPause;
    return true;
  }

  private void replied() {
    if (silent) {
      spoken();
      managed.connectionChanged(this);
    }
  }

  private void spoken() {
    silent = false;
    keepAliveMissed = false;
    cancel(replyTimer);
  }

  private void noReply(int timeouts) {
    if (silent) {
      if (!keepAliveMissed) {
        managed.pingMissed();
      }
      managed
          .connections()
          .replaceSilent(this, timeouts + " consecutive calls timed out, and a ping got no reply");
    }
  }

  @Override
  public void successWithdrawn(AttemptResult result, long number) {
    if (CallOutcomeClass.of(result) == CallOutcomeClass.FAILURE) {
      managed.load().withdrawSuccess(number);
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

  /** Takes a change of the subchannel; it asks for addresses anew when a connection is lost. */
  private void changed(ConnectivityStateInfo info) {
    if (closed || info.getState() == ConnectivityState.SHUTDOWN) {
      return;
    }
    boolean lost = state == ConnectivityState.READY;
    state = info.getState();
    if (state != ConnectivityState.READY) {
      stopWatches();
      health = Health.PENDING;
      spoken();
    }
    switch (state) {
      case READY -> {
        connected();
        managed.connectionReported(info);
      }
      case TRANSIENT_FAILURE -> {
        managed.connectionReported(info);
        error = info.getStatus();
        managed.refreshNameResolution();
      }
      case IDLE -> {
        managed.refreshNameResolution();
        long wait = 0;
        if (lost) {
          managed.connectionReported(info);
          wait = waitBeforeReconnecting();
        }
        if (wait == 0) {
          subchannel.requestConnection();
        } else {
          if (ReconnectBackoff.isFirst(wait)) {
            // Calls wait: a server that goes may close a connection within its first call.
            state = ConnectivityState.CONNECTING;
          } else {
            // Calls fail at once, as for a refused connection: the wait may be longer than their
            // time.
            state = ConnectivityState.TRANSIENT_FAILURE;
            error =
                Status.UNAVAILABLE.withDescription(
                    "it closes connections as soon as they stand; the next attempt is made after "
                        + Durations.rough(wait));
          }
          reconnectTimer = balancerContext.schedule(subchannel::requestConnection, wait);
        }
      }
      default -> {}
    }
    managed.connectionChanged(this);
  }

  private long waitBeforeReconnecting() {
    long bits = balancerContext.clockAndRandom().randomBits().getAsLong();
    long lived = balancerContext.nanoTime() - readySince;
    return backoff.afterLifeOf(lived, heard, KeyHash.unit(bits));
  }

  /** Starts what lives as long as the connection is up: the watches of health and load. */
  private void connected() {
    error = null;
    readySince = balancerContext.nanoTime();
    managed.heard();
    heard = false;
    nextPing = readySince;
    pingPause = FIRST_PING_PAUSE_NANOS / PING_PAUSE_GROWTH;
    consecutiveTimeouts.set(0);
    managed.restartLoadReports();
    if (balancerContext.options().healthGating()) {
      watchHealth();
    } else {
      health = Health.SERVING;
    }
    Duration reports = balancerContext.options().loadReportInterval().orElse(null);
    if (reports != null) {
      watchLoadReports(reports);
    }
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
            HealthService.WATCH,
            balancerContext.options().healthService().orElse(""),
            balancerContext.streams(),
            this::onHealthResponse,
            this::watchFailed);
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
   * A watch that fails before its answer does not take back NOT_SERVING: an endpoint that closes
   * down often refuses new streams first. UNIMPLEMENTED is an answer, and says that nobody knows.
   */
  private void watchFailed(Status why) {
    if (health != Health.NOT_SERVING
        || balancerContext.options().strictHealth()
        || why.getCode() == Status.Code.UNIMPLEMENTED) {
      healthNotKnown(why);
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

  /**
   * Makes the tracers of the calls on this connection. One factory for unary calls and one for
   * streams, made once: a pick result holds a factory, and results are made once too.
   */
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
        own.carriedBy(Connection.this, options.getDeadline(), unary, context.waited());
        return StreamTracer.NONE;
      }
      return new StreamTracer(balancerContext.clockAndRandom().nanoTime(), 0)
          .carriedBy(
              Connection.this, options.getDeadline(), unary, context != null && context.waited());
    }
  }
}
