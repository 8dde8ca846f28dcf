package io.fairlead.client;

import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.BalancerCatalog;
import io.fairlead.balance.internal.ServiceConfigReader;
import io.fairlead.client.internal.ChannelConfig;
import io.fairlead.client.internal.ClientCallFactory;
import io.fairlead.client.internal.Fallback;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.ServiceContract;
import io.fairlead.contract.internal.PolicySupportCheck;
import io.fairlead.discovery.Registry;
import io.fairlead.internal.Durations;
import io.fairlead.internal.InterceptorNames;
import io.fairlead.internal.LibraryVersions;
import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.ResponseStore;
import io.fairlead.security.TlsFiles;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A channel to a service: finds its endpoints, chooses one for each call, and applies the policies
 * of the contract. It is an {@link io.grpc.Channel}, so stock stubs run over it with the same
 * policies.
 *
 * <pre>{@code
 * try (RpcChannel channel = RpcChannel.to("etcd://127.0.0.1:2379/inventory").build()) {
 *   Inventory inventory = InventoryRpc.client(channel);
 *   Reservation reservation = inventory.reserve(request);
 * }
 * }</pre>
 *
 * <p>Make one for each service that a program calls, and keep it: it is expensive to make and cheap
 * to share.
 *
 * <p>Safe for use by many threads. The code that builds it closes it.
 */
public final class RpcChannel extends Channel implements AutoCloseable {
  private final String target;
  private final ClientCallFactory factory;

  /** Null without files of TLS. */
  private final @Nullable TlsWatch tlsWatch;

  private final List<ClientInterceptor> interceptors;

  /** Makes the calls: the factory, inside the interceptors. */
  private final Channel calls;

  private RpcChannel(
      ChannelConfig channelConfig,
      @Nullable TlsFiles tlsFiles,
      List<ClientInterceptor> interceptors) {
    this.target = channelConfig.target;
    this.tlsWatch = tlsFiles == null ? null : TlsWatch.ofClient(tlsFiles, "channel to " + target);
    this.factory = open(channelConfig, tlsWatch);
    this.interceptors = List.copyOf(interceptors);
    // Above deadline, retries and fallbacks: an interceptor of calls sees each call once.
    this.calls = ClientInterceptors.interceptForward(new FactoryChannel(factory), interceptors);
  }

  private static ClientCallFactory open(ChannelConfig config, @Nullable TlsWatch watch) {
    if (watch == null) {
      return ClientCallFactory.open(config, null);
    }
    config.credentials = watch.channelCredentials();
    try {
      return ClientCallFactory.open(config, watch);
    } catch (RuntimeException | Error e) {
      watch.close();
      throw e;
    }
  }

  /**
   * Returns a builder of a channel to a target: {@code "host:port"}, {@code "dns:///host:port"},
   * {@code "etcd://host:port/service"} with a registry of its own, or {@code "etcd:///service"}
   * with one given to {@link Builder#registry}.
   */
  public static Builder to(String target) {
    LibraryVersions.check();
    return new Builder(target);
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    PolicySupportCheck.answer(options);
    return calls.newCall(method, options);
  }

  @Override
  public String authority() {
    return factory.authority();
  }

  /** Returns a view of this channel whose calls have these settings. Cheap; owns nothing. */
  public Channel with(CallSettings settings) {
    return settings.over(this);
  }

  /**
   * Returns until when its own certificate is valid; empty without {@linkplain TlsFiles files}, and
   * if they hold none.
   */
  public Optional<Instant> certificateExpiry() {
    return tlsWatch == null ? Optional.empty() : tlsWatch.expiry();
  }

  /**
   * Returns the failures so far for which a fallback was served: a function's, a stale or a default
   * one.
   */
  public long fallbacksServed() {
    return factory.fallbacksServed();
  }

  /**
   * Returns the present state of its circuit breakers: those of the methods that were called, and
   * of the endpoints that had failures.
   */
  public List<CircuitBreakerStatus> breakers() {
    return factory.breakers();
  }

  /**
   * Closes circuit breakers, as if they had seen no call.
   *
   * @param name a full method name, or the id of an endpoint, as {@link #breakers} has it
   * @param why for the log and for observers
   * @return whether there was one with this name
   */
  public boolean resetBreaker(CircuitBreakerStatus.Scope scope, String name, String why) {
    return factory.resetBreaker(scope, name, why);
  }

  /**
   * Returns the policy of each method that was called, or of whose service the channel was told, by
   * full method name. Each field says where it comes from.
   */
  public Map<String, ResolvedPolicy> policies() {
    return factory.policies();
  }

  /**
   * Returns the endpoints that it knows now, with their live figures. Empty before it first looks
   * for endpoints, and while it is idle.
   */
  public List<EndpointView> endpoints() {
    return List.copyOf(factory.endpoints());
  }

  /** Returns how many retries the retry budget would allow now. */
  public long retriesAvailable() {
    return factory.retriesAvailable();
  }

  /** Returns the target as it was given to {@link #to}. */
  public String target() {
    return target;
  }

  /** Returns the present state of its connections. */
  public ConnectivityState state() {
    return factory.state(false);
  }

  /** Begins to connect now rather than with the first call. Returns at once. */
  public void connect() {
    factory.state(true);
  }

  /**
   * Begins to connect, and waits until there is an endpoint that takes calls. So the first calls of
   * a program do not spend their deadlines on its start.
   *
   * @return whether there is one; false after this time. The channel goes on connecting by itself
   *     either way.
   * @throws IllegalStateException on an event loop, which must not wait
   */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    return factory.awaitReady(limit);
  }

  /**
   * Ends the channel: calls under way get the shutdown grace period, what is left is cancelled, and
   * connections, buffers and threads are gone when this returns. On a callback thread it does not
   * wait for the threads, and on an event loop for nothing: there it ends by itself.
   */
  @Override
  public void close() {
    factory.close();
    if (tlsWatch != null) {
      tlsWatch.close();
    }
  }

  /** Returns the target and the whole stack. */
  @Override
  public String toString() {
    return "RpcChannel["
        + target
        + ": "
        + (interceptors.isEmpty() ? "" : "intercept(" + InterceptorNames.of(interceptors) + ") -> ")
        + factory
        + "]";
  }

  /** What the innermost interceptor calls. */
  private static final class FactoryChannel extends Channel {
    private final ClientCallFactory factory;

    FactoryChannel(ClientCallFactory factory) {
      this.factory = factory;
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return factory.newCall(method, options);
    }

    @Override
    public String authority() {
      return factory.authority();
    }
  }

  /** Collects what a channel is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final ChannelConfig channelConfig;
    private @Nullable TlsFiles tlsFiles;
    private final List<ClientInterceptor> interceptors = new ArrayList<>();

    private Builder(String target) {
      this.channelConfig = new ChannelConfig(Objects.requireNonNull(target, "target"));
    }

    /** Finds the service in this registry, which stays the caller's. */
    public Builder registry(Registry shared) {
      channelConfig.registry = Objects.requireNonNull(shared, "registry");
      return this;
    }

    /** Sets the balancing of calls that ask for nothing else. Default: least_request. */
    public Builder balancing(BalancingOptions options) {
      BalancerCatalog.check(options.balancer());
      channelConfig.balancing = options;
      return this;
    }

    /**
     * Balances as a standard service config says, given as the maps and lists of its JSON: of its
     * {@code loadBalancingConfig} the first that is known here, {@code "fairlead"} for all options
     * or the name of any balancer.
     *
     * @throws IllegalArgumentException if none is known, or a parameter is wrong; the message lists
     *     what is known
     */
    public Builder balancing(Map<String, ?> serviceConfig) {
      return balancing(ServiceConfigReader.read(serviceConfig));
    }

    /** Sets how the servers prove who they are, and this side who it is. Default: plain text. */
    public Builder credentials(ChannelCredentials credentials) {
      channelConfig.credentials = Objects.requireNonNull(credentials, "credentials");
      tlsFiles = null;
      return this;
    }

    /**
     * Speaks TLS with these files, in place of {@link #credentials}. They are read again while the
     * channel is open.
     */
    public Builder tls(TlsFiles files) {
      tlsFiles = Objects.requireNonNull(files, "files");
      return this;
    }

    /** Sets the name that the servers must have. Default: the service's or the host's. */
    public Builder authority(String authority) {
      channelConfig.authority = Objects.requireNonNull(authority, "authority");
      return this;
    }

    /** Sets the first part of the header {@code user-agent}. */
    public Builder userAgent(String userAgent) {
      channelConfig.userAgent = Objects.requireNonNull(userAgent, "userAgent");
      return this;
    }

    /**
     * Makes a service known, so that policies can name its methods; a stock service's descriptor
     * comes from {@code InventoryGrpc.getServiceDescriptor()}.
     */
    public Builder service(ServiceDescriptor service) {
      channelConfig.services.put(service.getName(), service);
      return this;
    }

    /** Makes a service known, so that policies can name its methods. */
    public Builder service(ServiceContract service) {
      return service(service.descriptor());
    }

    /**
     * Sets a policy above the contract's.
     *
     * @param name a full method name ({@code "shop.v1.Inventory/Reserve"}), a service's name for
     *     what a service's policy may say, or {@code "*"}
     */
    public Builder policy(String name, MethodPolicy policy) {
      channelConfig.policies = channelConfig.policies.with(name, policy);
      return this;
    }

    /** Policies above the contract's, by name; see {@link #policy}. */
    public Builder policies(MethodPolicies policies) {
      for (String name : policies.names()) {
        policy(name, policies.get(name));
      }
      return this;
    }

    /** Policies that can change while calls run; above all but a call's own settings. */
    public Builder livePolicies(PolicySource source) {
      channelConfig.policySource = Objects.requireNonNull(source, "source");
      return this;
    }

    /**
     * Answers in place of a failure of a unary method, from the request and what went wrong. Null
     * lets the failure through. Runs on a thread that may block.
     */
    public <Q, R> Builder fallback(
        MethodDescriptor<Q, R> method,
        BiFunction<? super Q, ? super RpcException, ? extends @Nullable R> answer) {
      if (method.getType() != MethodDescriptor.MethodType.UNARY) {
        throw new IllegalArgumentException(
            "fallback(...) is for unary methods, and %s is %s"
                .formatted(method.getFullMethodName(), method.getType()));
      }
      Fallback<Q, R> fallback = answer::apply;
      channelConfig.fallbacks.put(method.getFullMethodName(), fallback);
      return this;
    }

    /** Does the same as {@link #fallback(MethodDescriptor, BiFunction)}. */
    public <Q, R> Builder fallback(
        MethodContract<Q, R> method,
        BiFunction<? super Q, ? super RpcException, ? extends @Nullable R> answer) {
      return fallback(method.descriptor(), answer);
    }

    /**
     * Shares the responses of methods whose policy has a {@code cache} with a {@code ttl}. The
     * store stays the caller's. Default: they are kept in the memory of this channel alone.
     */
    public Builder responseStore(ResponseStore store) {
      channelConfig.responseStore = Objects.requireNonNull(store, "store");
      return this;
    }

    /**
     * Lets policies with a {@code mirror} send copies of calls elsewhere: this mirror knows where
     * they may go. Default: no calls are copied.
     */
    public Builder mirror(CallMirror mirror) {
      channelConfig.mirror = Objects.requireNonNull(mirror, "mirror");
      return this;
    }

    /** Retries that are allowed each second on top of a fifth of the calls. Default: 10. */
    public Builder retriesPerSecond(int count) {
      channelConfig.retriesPerSecond = count;
      return this;
    }

    /** Hears of every call when it has ended, and of breakers that move. Several may be given. */
    public Builder observer(CallObserver observer) {
      channelConfig.observers.add(Objects.requireNonNull(observer, "observer"));
      return this;
    }

    /**
     * Adds interceptors around each call, above deadline, retries and fallbacks: they see a call
     * once, however many attempts it takes, and its end as the caller sees it. The first one given
     * is outermost, also over several calls of this method: its code runs first for requests, and
     * last for responses. ({@code ManagedChannelBuilder.intercept} has the opposite order.)
     *
     * <p>An interceptor runs on the caller's thread; its listener may run on an event loop and must
     * not block.
     */
    public Builder intercept(ClientInterceptor... outermostFirst) {
      addAll(interceptors, outermostFirst);
      return this;
    }

    /**
     * Adds interceptors around each attempt: the first one, each retry, each hedge, each endpoint
     * of a broadcast, each opening of a stream. They stand below retries, and above the connection.
     * The endpoint is known when the attempt has a connection: from the first response on, {@code
     * call.getAttributes()} has it under {@code Grpc.TRANSPORT_ATTR_REMOTE_ADDR}. The order is that
     * of {@link #intercept}.
     *
     * <p>An interceptor may run on an event loop and must not block. What it throws fails the
     * attempt.
     */
    public Builder interceptAttempts(ClientInterceptor... outermostFirst) {
      addAll(channelConfig.attemptInterceptors, outermostFirst);
      return this;
    }

    private static void addAll(List<ClientInterceptor> all, ClientInterceptor... more) {
      for (ClientInterceptor each : more) {
        all.add(Objects.requireNonNull(each, "interceptor"));
      }
    }

    /** Begins to connect at once. Default: with the first call. */
    public Builder connectEagerly() {
      channelConfig.connectEagerly = true;
      return this;
    }

    /**
     * Sets how long connecting to an address may take: TCP, TLS and the first frame of the server.
     * After that the next address is tried, or the same one again after a pause. Default: 20s.
     */
    public Builder connectTimeout(Duration limit) {
      if (limit.isNegative() || limit.isZero()) {
        throw new IllegalArgumentException(
            "connectTimeout is " + Durations.format(limit) + "; use a positive duration, e.g. 20s");
      }
      channelConfig.connectTimeout = limit;
      return this;
    }

    /** Pings a silent connection this often, where the servers permit it. Default: never. */
    public Builder keepAlive(Duration interval) {
      channelConfig.keepAlive = Objects.requireNonNull(interval, "interval");
      return this;
    }

    /**
     * Pings connections to Fairlead servers that a registry found this often, calls or not. One
     * that has not answered in four fifths of that gets no further calls, and another one is made.
     * When that stands or fails, the first one is closed, and its calls fail unless it answers
     * soon. Other servers are never pinged by this. Zero switches it off. Default: 5s.
     */
    public Builder endpointKeepAlive(Duration interval) {
      if (interval.isNegative()) {
        throw new IllegalArgumentException(
            "endpointKeepAlive is "
                + Durations.format(interval)
                + "; use 0 (never) or a positive duration, e.g. 5s");
      }
      channelConfig.endpointKeepAlive = interval;
      return this;
    }

    /** Sets how far a server may run ahead of the reader, in bytes. Default: 1 MiB. */
    public Builder flowControlWindow(int bytes) {
      channelConfig.flowControlWindow = bytes;
      return this;
    }

    /** Sets how long calls under way may take after {@link RpcChannel#close}. Default: 1s. */
    public Builder shutdownGracePeriod(Duration grace) {
      channelConfig.shutdownGracePeriod = Objects.requireNonNull(grace, "grace");
      return this;
    }

    /** Checks everything and opens the channel. */
    public RpcChannel build() {
      RpcChannel channel = new RpcChannel(channelConfig, tlsFiles, interceptors);
      if (channelConfig.connectEagerly) {
        channel.connect();
      }
      return channel;
    }
  }
}
