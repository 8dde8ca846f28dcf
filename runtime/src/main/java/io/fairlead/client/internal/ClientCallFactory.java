package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.balance.EndpointView;
import io.fairlead.internal.InterceptorNames;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import io.fairlead.internal.transport.NettyTransportKind;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResolvedPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A channel behind {@code RpcChannel}: the layers of its calls, its connections and its threads.
 *
 * <p>Opening checks all settings first. Whatever was opened before a mistake is found is closed
 * again. Closing has an order: no new attempts, then the calls under way get their grace period,
 * then the connections, then a registry that the target opened, then the threads, if this was the
 * last channel. On an event loop it cannot wait, and finishes on a callback thread.
 */
public final class ClientCallFactory {
  private final LongSupplier nanoTime;
  private final Duration shutdownGracePeriod;
  private final LongAdder fallbacksServed;
  private final List<ClientInterceptor> attemptInterceptors;
  private final ChannelTarget target;
  private final SharedClientEventLoops loops;
  private final ManagedChannel transport;

  private final MethodConfigCache methodConfigs;
  final CallEnvironment environment;
  private final CircuitBreakers breakers;
  private final PolicySource.@Nullable Subscription policySubscription;

  ClientCallFactory(
      ChannelConfig channelConfig,
      ChannelTarget target,
      SharedClientEventLoops loops,
      ManagedChannel transport) {
    // What the channel was built from is not kept, as each channel would hold its maps and lists.
    this.nanoTime = channelConfig.nanoTime;
    this.shutdownGracePeriod = channelConfig.shutdownGracePeriod;
    this.fallbacksServed = channelConfig.fallbacksServed;
    this.attemptInterceptors = List.copyOf(channelConfig.attemptInterceptors);
    this.target = target;
    this.loops = loops;
    this.transport = transport;
    this.environment =
        CallEnvironment.of(
            channelConfig, loops, AttemptInterceptors.around(transport, attemptInterceptors));
    this.breakers =
        new CircuitBreakers(channelConfig.nanoTime, new CallObservers(channelConfig.observers));
    this.methodConfigs = new MethodConfigCache(channelConfig, breakers, environment);
    // A policy that cannot be honoured is an error now, not at the first call.
    methodConfigs.check();
    this.policySubscription =
        channelConfig.policySource == null
            ? null
            : methodConfigs.follow(channelConfig.policySource);
  }

  /**
   * Checks the settings and opens the channel.
   *
   * @param watch looks after the connections; null without files of TLS
   */
  public static ClientCallFactory open(ChannelConfig channelConfig, @Nullable TlsWatch watch) {
    ClientPolicyValidator.checkNames(channelConfig.policies, channelConfig.services);
    ChannelTarget target = ChannelTarget.open(channelConfig.target, channelConfig.registry);
    SharedClientEventLoops loops = SharedClientEventLoops.acquire();
    ManagedChannel transport = null;
    boolean opened = false;
    try {
      transport = connect(channelConfig, watch, target, loops);
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

  /** Makes grpc-java's channel, with all that Fairlead does itself switched off there. */
  private static ManagedChannel connect(
      ChannelConfig channelConfig,
      @Nullable TlsWatch watch,
      ChannelTarget target,
      SharedClientEventLoops loops) {
    NettyChannelBuilder netty =
        NettyChannelBuilder.forTarget(target.grpcTarget(), channelConfig.credentials)
            .eventLoopGroup(loops.loops())
            .channelFactory(() -> NettyTransportKind.connection(watch))
            .flowControlWindow(channelConfig.flowControlWindow);
    if (!channelConfig.keepAlive.isZero()) {
      netty.keepAliveTime(channelConfig.keepAlive.toNanos(), TimeUnit.NANOSECONDS);
    }
    boolean tls = !KeepAliveTransportFactory.isPlaintext(channelConfig.credentials);
    ManagedChannelBuilder<?> builder =
        KeepAliveTransportFactory.channel(
                netty,
                target.grpcTarget(),
                channelConfig.credentials,
                channelConfig.connectTimeout,
                channelConfig.endpointKeepAlive)
            // The calls decide themselves what may run on an event loop.
            .directExecutor()
            .offloadExecutor(loops.callbacks())
            // Attempts are ours; grpc-java's own would hide what a transparent retry must know.
            .disableRetry();
    target.configure(builder, tls, channelConfig.balancing);
    if (!channelConfig.observers.isEmpty()) {
      target.observer(new CallObservers(channelConfig.observers));
    }
    if (channelConfig.authority != null) {
      builder.overrideAuthority(channelConfig.authority);
    }
    if (channelConfig.userAgent != null) {
      builder.userAgent(channelConfig.userAgent);
    }
    return builder.build();
  }

  /** Makes a call with the layers of its method; see {@link ClientStack#assemble}. */
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions given) {
    long started = nanoTime.getAsLong();
    CallSettings ofCall = CallSettings.of(given);
    // Policy: first, as all layers follow from it.
    MethodConfig config = methodConfigs.configFor(method, ofCall);
    return config.stack.newCall(method, given, ofCall, started);
  }

  public long fallbacksServed() {
    return fallbacksServed.sum();
  }

  public String authority() {
    return transport.authority();
  }

  /** Where the connections stand; asks them to connect if wanted. */
  public ConnectivityState state(boolean connect) {
    return transport.getState(connect);
  }

  /** Waits until calls can be made, at most this long; returns whether they can. */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    if (EventLoops.onEventLoop()) {
      throw new IllegalStateException(
          "awaitReady would block the event loop; call it on a thread that may block");
    }
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      ConnectivityState seen = transport.getState(true);
      if (seen == ConnectivityState.READY) {
        return true;
      }
      CountDownLatch moved = new CountDownLatch(1);
      transport.notifyWhenStateChanged(seen, moved::countDown);
      long left = end - System.nanoTime();
      if (seen == ConnectivityState.SHUTDOWN
          || !moved.await(Math.max(0, left), TimeUnit.NANOSECONDS)) {
        return false;
      }
    }
  }

  /** The endpoints that the balancer knows. */
  public List<? extends EndpointView> endpoints() {
    return target.endpoints();
  }

  /** How many retries the budget would allow now. */
  public long retriesAvailable() {
    return environment.budget().available();
  }

  /** Where the circuit breakers stand. */
  public List<CircuitBreakerStatus> breakers() {
    return breakers.statuses();
  }

  /** Closes circuit breakers; returns whether there was any with this name. */
  public boolean resetBreaker(CircuitBreakerStatus.Scope scope, String name, String why) {
    return breakers.reset(scope, name, why);
  }

  /** The policies of the methods that are known so far, by name. */
  public Map<String, ResolvedPolicy> policies() {
    return methodConfigs.policies();
  }

  /** For tests: calls between two attempts. */
  int pendingBackoffs() {
    return environment.backoffs().size();
  }

  /** Ends the calls, the connections and, with the last channel, the threads. */
  public void close() {
    if (!environment.backoffs().close()) {
      return;
    }
    if (policySubscription != null) {
      policySubscription.close();
    }
    environment.backoffs().abortAll();
    transport.shutdown();
    if (EventLoops.onEventLoop()) {
      // What is waited for may need this very loop.
      loops.callbacks().execute(this::finish);
    } else {
      finish();
    }
  }

  /** Waits for the calls and connections, then releases what the channel had opened. */
  private void finish() {
    boolean interrupted = !awaitTermination(shutdownGracePeriod.toNanos());
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

  /** The layers of each method that is known so far. */
  @Override
  public String toString() {
    return methodConfigs.describeStacks()
        + " -> "
        + (attemptInterceptors.isEmpty()
            ? ""
            : "intercept attempts(" + InterceptorNames.of(attemptInterceptors) + ") -> ")
        + transport;
  }
}
