package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import io.fairlead.internal.transport.NettyTransportKind;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.internal.AttemptResult;
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
public final class ClientCallFactory {
  /** Enough for a whole fleet in restart; a bound, as a server that refuses all has a fault. */
  static final int MAX_RESENDS = 5;

  private final ChannelConfig channelConfig;
  private final ChannelTarget target;
  private final SharedClientEventLoops loops;
  private final ManagedChannel transport;
  private final MethodConfigCache methodConfigs;
  private final RetryBudget budget;
  private final CircuitBreakers breakers;
  private final OutcomeReporter reporter;
  private final Set<BackoffTimer> backoffTimers = ConcurrentHashMap.newKeySet();
  private final PolicySource.@Nullable Subscription policySubscription;
  private volatile boolean closing;

  public ClientCallFactory(
      ChannelConfig channelConfig,
      ChannelTarget target,
      SharedClientEventLoops loops,
      ManagedChannel transport) {
    this.channelConfig = channelConfig;
    this.target = target;
    this.loops = loops;
    this.transport = transport;
    CallObservers callObservers = new CallObservers(channelConfig.observers);
    this.reporter =
        new OutcomeReporter(channelConfig.target, channelConfig.nanoTime, callObservers);
    this.breakers = new CircuitBreakers(channelConfig.nanoTime, callObservers);
    this.methodConfigs = new MethodConfigCache(channelConfig, breakers, loops.callbacks());
    this.budget = new RetryBudget(channelConfig.retriesPerSecond, channelConfig.nanoTime);
    // A policy that cannot be honoured is an error now, not at the first call.
    methodConfigs.check();
    this.policySubscription =
        channelConfig.policySource == null
            ? null
            : methodConfigs.follow(channelConfig.policySource);
  }

  /** Checks the settings and opens the channel. */
  public static ClientCallFactory open(ChannelConfig channelConfig) {
    ClientPolicyValidator.checkNames(channelConfig.policies, channelConfig.services);
    ChannelTarget target = ChannelTarget.open(channelConfig.target, channelConfig.registry);
    SharedClientEventLoops loops = SharedClientEventLoops.acquire();
    ManagedChannel transport = null;
    boolean opened = false;
    try {
      transport = connect(channelConfig, target, loops);
      ClientCallFactory factory = new ClientCallFactory(channelConfig, target, loops, transport);
      opened = true;
      return factory;
    } finally {
      if (!opened) {
        if (transport != null) {
          transport.shutdownNow();
        }
        target.close();
        loops.release();
      }
    }
  }

  private static ManagedChannel connect(
      ChannelConfig channelConfig, ChannelTarget target, SharedClientEventLoops loops) {
    NettyChannelBuilder netty =
        NettyChannelBuilder.forTarget(target.grpcTarget(), channelConfig.credentials)
            .eventLoopGroup(loops.loops())
            .channelFactory(NettyTransportKind::connection)
            .flowControlWindow(channelConfig.flowControlWindow);
    if (!channelConfig.keepAlive.isZero()) {
      netty.keepAliveTime(channelConfig.keepAlive.toNanos(), TimeUnit.NANOSECONDS);
    }
    boolean tls = !(channelConfig.credentials instanceof InsecureChannelCredentials);
    ManagedChannelBuilder<?> builder =
        KeepAliveTransportFactory.channel(
                netty,
                target.grpcTarget(),
                channelConfig.credentials,
                channelConfig.endpointKeepAlive,
                channelConfig.balancing)
            // The calls decide themselves what may run on an event loop.
            .directExecutor()
            .offloadExecutor(loops.callbacks())
            // Attempts are ours; grpc-java's own would hide what a safe re-send must know.
            .disableRetry();
    target.configure(builder, tls, channelConfig.balancing);
    if (channelConfig.authority != null) {
      builder.overrideAuthority(channelConfig.authority);
    }
    if (channelConfig.userAgent != null) {
      builder.userAgent(channelConfig.userAgent);
    }
    return builder.build();
  }

  /** A call; each line is one concern, in the order in which a call meets it. */
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions given) {
    long started = channelConfig.nanoTime.getAsLong();
    CallSettings ofCall = CallSettings.of(given);
    // Policy: first, as everything below reads it.
    MethodConfig config = methodConfigs.configFor(method, ofCall);
    // Limits, compression, executor: the same for all calls of the method, so made once.
    CallOptions options = config.prepare(given);
    // Deadline: over all attempts and their pauses, so above them.
    options = Deadlines.ofCall(options, config, ofCall);
    if (method.getType() != MethodDescriptor.MethodType.UNARY) {
      return new StreamingCall<>(this, config, method, options, started);
    }
    if (config.policy.failureMode() == FailureMode.BROADCAST) {
      return new BroadcastCall<>(this, config, method, options, started);
    }
    if (config.hedging != null) {
      return new HedgingCall<>(this, config, config.hedging, method, options, started);
    }
    // Breaker of the method, attempts, fallback: in the call itself, which knows its request.
    return new RetryingCall<>(this, config, method, options, started);
  }

  public long fallbacksServed() {
    return channelConfig.fallbacksServed.sum();
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

  OutcomeReporter reports() {
    return reporter;
  }

  RetryBudget budget() {
    return budget;
  }

  LongSupplier nanoTime() {
    return channelConfig.nanoTime;
  }

  double random() {
    return channelConfig.random.getAsDouble();
  }

  ScheduledExecutorService scheduler() {
    return loops.loops();
  }

  /**
   * The first attempt of a call, to the instance or on the route that its settings name.
   *
   * @param request that the contract may take the hash key of; null if it is not known yet
   */
  <Q> LoadBalancingContext firstPick(
      MethodConfig config, CallOptions options, @Nullable Q request) {
    LoadBalancingContext pick =
        LoadBalancingContext.first(config.balancer, config.endpointFilter());
    CallSettings ofCall = CallSettings.of(options);
    Object key = ofCall == null ? null : ofCall.hashKey();
    if (key == null && request != null) {
      key = config.hashKey(request);
    }
    if (key != null) {
      pick.withKey(key);
    }
    if (ofCall != null && ofCall.endpoint() != null) {
      pick.withEndpoint(ofCall.endpoint());
    }
    if (ofCall != null && ofCall.endpointSelector() != null) {
      pick.withEndpointSelector(ofCall.endpointSelector());
    }
    return pick;
  }

  /** Why the call may not be made at all, or null. */
  @Nullable Status tryAdmit(MethodConfig config, long nowNanos) {
    if (config.breaker == null || config.breaker.acquire(nowNanos)) {
      budget.deposit(nowNanos);
      return null;
    }
    return Status.UNAVAILABLE.withDescription(
        "the circuit breaker of "
            + config.method.getFullMethodName()
            + " is "
            + config.breaker.describe(nowNanos));
  }

  /** A call that {@link #tryAdmit} let through has ended, and not because its caller wished so. */
  void callEnded(MethodConfig config, long startedNanos, Status status) {
    if (config.breaker != null) {
      config.breaker.record(
          Code.of(status.getCode().value()), startedNanos, channelConfig.nanoTime.getAsLong());
    }
  }

  /** A connection that went away took the request with it unseen: as if it had not been tried. */
  boolean mayResend(AttemptResult failed, int resends) {
    return failed.isUnprocessed() && resends < MAX_RESENDS && !closing;
  }

  /** For tests: calls between two attempts. */
  int pendingBackoffs() {
    return backoffTimers.size();
  }

  Executor callbacks() {
    return loops.callbacks();
  }

  boolean closing() {
    return closing;
  }

  /** A call is between two attempts, where grpc-java knows nothing of it. */
  void register(BackoffTimer timer) {
    backoffTimers.add(timer);
  }

  void unregister(BackoffTimer timer) {
    backoffTimers.remove(timer);
  }

  /** Ends the calls, the connections and, with the last channel, the threads. */
  public void close() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
    }
    if (policySubscription != null) {
      policySubscription.close();
    }
    backoffTimers.forEach(BackoffTimer::channelClosed);
    transport.shutdown();
    if (EventLoops.onEventLoop()) {
      // What is waited for may need this very loop.
      loops.callbacks().execute(this::finish);
    } else {
      finish();
    }
  }

  private void finish() {
    boolean interrupted = !awaitTermination(channelConfig.shutdownGracePeriod.toNanos());
    transport.shutdownNow();
    interrupted |= !awaitTermination(TimeUnit.SECONDS.toNanos(5));
    target.close();
    loops.release();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean awaitTermination(long nanos) {
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
