package io.fairlead.client;

import io.fairlead.CallSettings;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import io.fairlead.internal.transport.NettyTransportKind;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.RetryBudget;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The layers of a channel's calls, from the caller to the connections. For {@code RpcChannel}. */
public final class ClientStack {
  /** Enough for a whole fleet in restart; a bound, as a server that refuses all has a fault. */
  static final int MAX_RESENDS = 5;

  private final ClientSettings settings;
  private final ChannelTarget target;
  private final ClientThreads threads;
  private final ManagedChannel transport;
  private final PlanBook plans;
  private final RetryBudget budget;
  private final BreakerBook breakers;
  private final Reports reports;
  private final Set<Pause> pauses = ConcurrentHashMap.newKeySet();
  private final PolicySource.@Nullable Subscription live;
  private volatile boolean closing;

  ClientStack(
      ClientSettings settings,
      ChannelTarget target,
      ClientThreads threads,
      ManagedChannel transport) {
    this.settings = settings;
    this.target = target;
    this.threads = threads;
    this.transport = transport;
    Observers observers = new Observers(settings.observers);
    this.reports = new Reports(settings.target, settings.nanoTime, observers);
    this.breakers = new BreakerBook(settings.nanoTime, observers);
    this.plans = new PlanBook(settings, breakers, threads.callbacks());
    this.budget = new RetryBudget(settings.retriesPerSecond, settings.nanoTime);
    // A policy that cannot be honoured is an error now, not at the first call.
    plans.check();
    this.live = settings.live == null ? null : plans.follow(settings.live);
  }

  /** Checks the settings and opens the channel. */
  public static ClientStack open(ClientSettings settings) {
    PolicyChecks.checkNames(settings.policies, settings.services);
    ChannelTarget target = ChannelTarget.open(settings.target, settings.registry);
    ClientThreads threads = ClientThreads.acquire();
    ManagedChannel transport = null;
    boolean opened = false;
    try {
      transport = connect(settings, target, threads);
      ClientStack stack = new ClientStack(settings, target, threads, transport);
      opened = true;
      return stack;
    } finally {
      if (!opened) {
        if (transport != null) {
          transport.shutdownNow();
        }
        target.close();
        threads.release();
      }
    }
  }

  private static ManagedChannel connect(
      ClientSettings settings, ChannelTarget target, ClientThreads threads) {
    NettyChannelBuilder netty =
        NettyChannelBuilder.forTarget(target.grpcTarget(), settings.credentials)
            .eventLoopGroup(threads.loops())
            .channelFactory(NettyTransportKind::connection)
            .flowControlWindow(settings.flowControlWindow);
    if (!settings.keepAlive.isZero()) {
      netty.keepAliveTime(settings.keepAlive.toNanos(), TimeUnit.NANOSECONDS);
    }
    boolean tls = !(settings.credentials instanceof InsecureChannelCredentials);
    ManagedChannelBuilder<?> builder =
        KeepAliveTransportFactory.channel(
                netty,
                target.grpcTarget(),
                settings.credentials,
                settings.peerPing,
                settings.balancing)
            // The calls decide themselves what may run on an event loop.
            .directExecutor()
            .offloadExecutor(threads.callbacks())
            // Attempts are ours; grpc-java's own would hide what a safe re-send must know.
            .disableRetry();
    target.configure(builder, tls, settings.balancing);
    if (settings.authority != null) {
      builder.overrideAuthority(settings.authority);
    }
    if (settings.userAgent != null) {
      builder.userAgent(settings.userAgent);
    }
    return builder.build();
  }

  /** A call; each line is one concern, in the order in which a call meets it. */
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions given) {
    long started = settings.nanoTime.getAsLong();
    CallSettings ofCall = CallSettings.of(given);
    // Policy: first, as everything below reads it.
    MethodPlan plan = plans.plan(method, ofCall);
    // Limits, compression, executor: the same for all calls of the method, so made once.
    CallOptions options = plan.prepare(given);
    // Deadline: over all attempts and their pauses, so above them.
    options = Deadlines.ofCall(options, plan, ofCall);
    if (method.getType() != MethodDescriptor.MethodType.UNARY) {
      return new StreamCall<>(this, plan, method, options, started);
    }
    if (plan.policy.failureMode() == FailureMode.BROADCAST) {
      return new BroadcastCall<>(this, plan, method, options, started);
    }
    if (plan.hedging != null) {
      return new HedgedCall<>(this, plan, plan.hedging, method, options, started);
    }
    // Breaker of the method, attempts, fallback: in the call itself, which knows its request.
    return new UnaryCall<>(this, plan, method, options, started);
  }

  public long rescued() {
    return settings.rescued.sum();
  }

  public String authority() {
    return transport.authority();
  }

  /** Where the connections stand; asks them to connect if wanted. */
  public ConnectivityState state(boolean connect) {
    return transport.getState(connect);
  }

  Channel transport() {
    return transport;
  }

  /** Where the circuit breakers stand. */
  public List<CircuitBreakerStatus> breakers() {
    return breakers.statuses();
  }

  Reports reports() {
    return reports;
  }

  RetryBudget budget() {
    return budget;
  }

  LongSupplier nanoTime() {
    return settings.nanoTime;
  }

  double random() {
    return settings.random.getAsDouble();
  }

  ScheduledExecutorService scheduler() {
    return threads.loops();
  }

  /**
   * The first attempt of a call, to the instance or on the route that its settings name.
   *
   * @param request that the contract may take the hash key of; null if it is not known yet
   */
  <Q> LoadBalancingContext firstPick(MethodPlan plan, CallOptions options, @Nullable Q request) {
    LoadBalancingContext pick = LoadBalancingContext.first(plan.balancer, plan.gate());
    CallSettings ofCall = CallSettings.of(options);
    Object key = ofCall == null ? null : ofCall.hashKey();
    if (key == null && request != null) {
      key = plan.hashKey(request);
    }
    if (key != null) {
      pick.withKey(key);
    }
    if (ofCall != null && ofCall.instance() != null) {
      pick.withEndpoint(ofCall.instance());
    }
    if (ofCall != null && ofCall.route() != null) {
      pick.withEndpointSelector(ofCall.route());
    }
    return pick;
  }

  /** Why the call may not be made at all, or null. */
  @Nullable Status refusal(MethodPlan plan, long nowNanos) {
    if (plan.breaker == null || plan.breaker.acquire(nowNanos)) {
      budget.deposit(nowNanos);
      return null;
    }
    return Status.UNAVAILABLE.withDescription(
        "the circuit breaker of "
            + plan.method.getFullMethodName()
            + " is "
            + plan.breaker.describe(nowNanos));
  }

  void attemptEnded(MethodPlan plan, AttemptTrace trace, long nowNanos) {
    EndpointView endpoint = trace.endpoint();
    if (plan.endpoints == null || endpoint == null || trace.code() == Code.CANCELLED) {
      return;
    }
    // What never left tells of the connection, which the picker watches by itself.
    AttemptOutcome.RpcProgress rpcProgress = trace.departure();
    if (rpcProgress == AttemptOutcome.RpcProgress.SENT
        || rpcProgress == AttemptOutcome.RpcProgress.REFUSED) {
      plan.endpoints.record(endpoint, trace.code(), trace.startedNanos(), nowNanos);
    }
  }

  /** A call that {@link #refusal} let through has ended, and not because its caller wished so. */
  void callEnded(MethodPlan plan, long startedNanos, Status status) {
    if (plan.breaker != null) {
      plan.breaker.record(
          Code.of(status.getCode().value()), startedNanos, settings.nanoTime.getAsLong());
    }
  }

  /** A connection that went away took the request with it unseen: as if it had not been tried. */
  boolean mayResend(AttemptTrace trace, int resends) {
    AttemptOutcome.RpcProgress rpcProgress = trace.departure();
    return (rpcProgress == AttemptOutcome.RpcProgress.NOT_SENT
            || rpcProgress == AttemptOutcome.RpcProgress.REFUSED)
        && trace.status().getCode() == Status.Code.UNAVAILABLE
        && resends < MAX_RESENDS
        && !closing;
  }

  /** For tests: calls between two attempts. */
  int pausing() {
    return pauses.size();
  }

  Executor callbacks() {
    return threads.callbacks();
  }

  boolean closing() {
    return closing;
  }

  /** A call is between two attempts, where grpc-java knows nothing of it. */
  void pauses(Pause pause) {
    pauses.add(pause);
  }

  void pausesNoMore(Pause pause) {
    pauses.remove(pause);
  }

  /** Ends the calls, the connections and, with the last channel, the threads. */
  public void close() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
    }
    if (live != null) {
      live.close();
    }
    pauses.forEach(Pause::channelClosed);
    transport.shutdown();
    if (EventLoops.onEventLoop()) {
      // What is waited for may need this very loop.
      threads.callbacks().execute(this::finish);
    } else {
      finish();
    }
  }

  private void finish() {
    boolean interrupted = !ended(settings.closeGrace.toNanos());
    transport.shutdownNow();
    interrupted |= !ended(TimeUnit.SECONDS.toNanos(5));
    target.close();
    threads.release();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean ended(long nanos) {
    try {
      transport.awaitTermination(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** The layers, outermost first. */
  @Override
  public String toString() {
    return "observe -> deadline -> method breaker -> attempts -> " + transport;
  }
}
