package io.fairlead.client.internal;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.discovery.Registry;
import io.fairlead.observe.CallObserver;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResponseStore;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ServiceDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the builder of a channel has collected; for that builder alone. Mutable until the channel is
 * opened, and only read from then on. Not safe for use by several threads.
 */
public final class ChannelConfig {
  /** Where the calls go. */
  public final String target;

  public @Nullable Registry registry;
  public BalancingOptions balancing = BalancingOptions.DEFAULT;
  public ChannelCredentials credentials = InsecureChannelCredentials.create();

  public @Nullable String authority;
  public @Nullable String userAgent;

  /** Fixed: it spares the pings by which grpc-java would measure the connection. */
  public int flowControlWindow = 1 << 20;

  /** For TCP, TLS and the settings of HTTP/2 together. */
  public Duration connectTimeout = Duration.ofSeconds(20);

  /** Zero for none. */
  public Duration keepAlive = Duration.ZERO;

  /** For servers that agreed; zero for none. */
  public Duration endpointKeepAlive = Duration.ofSeconds(5);

  public Duration shutdownGracePeriod = Duration.ofSeconds(1);
  public boolean connectEagerly;
  public int retriesPerSecond = 10;
  public MethodPolicies policies = MethodPolicies.empty();
  public @Nullable PolicySource policySource;

  /** By full name. */
  public final Map<String, ServiceDescriptor> services = new TreeMap<>();

  /** By full method name. */
  public final Map<String, Fallback<?, ?>> fallbacks = new TreeMap<>();

  /** Failures that were answered by something else. */
  final LongAdder fallbacksServed = new LongAdder();

  /** Shares responses with other processes; null for none. */
  public @Nullable ResponseStore responseStore;

  /** Copies calls as policies say; null for none. */
  public @Nullable CallMirror mirror;

  public final List<CallObserver> observers = new ArrayList<>();

  /** Around each attempt, the outermost first. */
  public final List<ClientInterceptor> attemptInterceptors = new ArrayList<>();

  /** Of backoffs, hedges and idle timers; null for the event loops. */
  @Nullable ScheduledExecutorService scheduler;

  /** Of fallbacks and broadcasts; null for the threads that all channels share. */
  @Nullable Executor callbacks;

  LongSupplier nanoTime = System::nanoTime;

  /** The clock that processes share. */
  LongSupplier wallMillis = System::currentTimeMillis;

  /** The clock of the deadlines that policies set. */
  Deadline.Ticker deadlineTicker = Deadline.getSystemTicker();

  DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

  /** Starts with the defaults. */
  public ChannelConfig(String target) {
    this.target = target;
  }
}
