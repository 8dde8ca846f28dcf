package io.fairlead.server;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.internal.LibraryVersions;
import io.fairlead.internal.UnstartedBuilderWarning;
import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.lifecycle.BuiltInService;
import io.fairlead.lifecycle.LifecycleTimeouts;
import io.fairlead.lifecycle.ReadinessCheck;
import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.ConnectionSettings;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicySource;
import io.fairlead.security.Authorizer;
import io.fairlead.security.TlsFiles;
import io.fairlead.server.internal.lifecycle.ListenSettings;
import io.fairlead.server.internal.lifecycle.ReadinessCheckConfig;
import io.fairlead.server.internal.lifecycle.ReadinessConfig;
import io.fairlead.server.internal.lifecycle.RegistryBinding;
import io.fairlead.server.internal.lifecycle.ServerConfig;
import io.fairlead.server.internal.lifecycle.ServerIdentity;
import io.fairlead.server.internal.lifecycle.ServerLifecycle;
import io.fairlead.server.internal.lifecycle.ServerTls;
import io.fairlead.server.internal.stack.MethodAccess;
import io.fairlead.server.internal.stack.ServerAccessConfig;
import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A running server: it takes calls, is announced in a registry, and leaves without losing a call.
 *
 * <pre>{@code
 * RpcServer server =
 *     RpcServer.builder("inventory")
 *         .port(50051)
 *         .service(InventoryRpc.bind(handler))
 *         .registry(registry)
 *         .shutdownHook()
 *         .start();
 * server.awaitClosed();
 * }</pre>
 *
 * <p>{@link Builder#start} returns when the server takes calls. {@link #close} drains it: it leaves
 * the registry, waits until clients have noticed, and lets the calls under way end. {@link
 * Builder#timeouts} bounds each step.
 *
 * <p>Safe for use by many threads. The code that starts it closes it.
 */
public final class RpcServer implements AutoCloseable {
  private final ServerLifecycle lifecycle;

  private RpcServer(ServerLifecycle lifecycle) {
    this.lifecycle = lifecycle;
  }

  /** Returns a builder of a server that clients find under this name. */
  public static Builder builder(String name) {
    LibraryVersions.check();
    return new Builder(name);
  }

  /** Returns the name under which clients find it. */
  public String name() {
    return lifecycle.name();
  }

  /** Returns the port it listens on, the real one after {@code port(0)}. */
  public int port() {
    return lifecycle.port();
  }

  /** Returns its present state. */
  public ServerState state() {
    return lifecycle.state();
  }

  /** Returns every step it has taken, in order. */
  public List<ServerState> history() {
    return lifecycle.history();
  }

  /** Returns until when its certificate is valid; empty without {@linkplain TlsFiles files}. */
  public Optional<Instant> certificateExpiry() {
    return lifecycle.certificateExpiry();
  }

  /** Returns the last result of each readiness check. */
  public List<ReadinessState> readiness() {
    return lifecycle.readiness();
  }

  /** Returns how many calls its limits count now. */
  public ServerLoad load() {
    return lifecycle.load();
  }

  /** Returns how many calls each method may have in flight now, where something limits it. */
  public Map<String, Integer> callLimits() {
    return lifecycle.callLimits();
  }

  /**
   * Returns the limits in force: those of {@link Builder#limits}, and what live policies change.
   */
  public ConcurrencyLimits limits() {
    return lifecycle.limits();
  }

  /**
   * Returns which live policies changed the limits, such as {@code "maxCalls of revision 12 by
   * ann"}; empty if none did.
   */
  public String limitsOrigin() {
    return lifecycle.limitsOrigin();
  }

  /** Returns how many threads its blocking handlers hold now. */
  public int handlersRunning() {
    return lifecycle.handlersRunning();
  }

  /**
   * Returns how often code of the application has held an event loop of this process for longer
   * than the limit of 100 ms. The first time of each method is logged with its stack.
   */
  public static long eventLoopHolds() {
    return EventLoopBlockDetector.shared().holds();
  }

  /**
   * Returns its entry in the registry; empty without a registry. The server closes it, and updates
   * it in {@link #drain}, {@link #undrain} and {@link #setWeight}: an update by the application at
   * the same time may be lost.
   */
  public Optional<Registration> registration() {
    return Optional.ofNullable(lifecycle.registration());
  }

  /**
   * Asks clients to send their calls elsewhere, and goes on serving: health says NOT_SERVING, and
   * the registry marks the entry as draining. {@link #undrain} takes it back. A repeated call
   * changes nothing on the server, and tells the registry again.
   *
   * @param reason for the history and the log
   * @return done when the registry has it; clients hear of it a little later
   * @throws IllegalStateException while the server closes
   */
  public CompletionStage<Void> drain(String reason) {
    return lifecycle.drain(Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Takes back {@link #drain}: health follows the readiness checks again, and clients return. While
   * a check says no, the server stays in {@link ServerState.Phase#NOT_SERVING}; it enters SERVING
   * when all checks of the server say yes.
   *
   * @throws IllegalStateException while the server closes
   */
  public CompletionStage<Void> undrain(String reason) {
    return lifecycle.undrain(Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Announces another weight than that of {@link Builder#weight}; done when the registry has it.
   *
   * @throws IllegalStateException without a registry, or while the server closes
   */
  public CompletionStage<Void> setWeight(int weight) {
    return lifecycle.setWeight(weight);
  }

  /** Waits until the server is closed and the last call is over. */
  public void awaitClosed() throws InterruptedException {
    lifecycle.awaitClosed();
  }

  /** Waits until the last call is over; false if the time was up first. */
  public boolean awaitClosed(Duration bound) throws InterruptedException {
    return lifecycle.awaitClosed(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Leaves: health says NOT_SERVING, the registry's entry goes, clients get the time to hear of it,
   * connections are told to go away, calls in flight end, and what is left is cut. Each step is
   * bounded by {@link LifecycleTimeouts}. Returns when nothing is left; call it from any thread but
   * a handler's.
   */
  @Override
  public void close() {
    lifecycle.close();
  }

  /** Returns the server with the whole stack of every method. */
  @Override
  public String toString() {
    return lifecycle.toString();
  }

  /** Collects what a server is to be. Not safe for use by many threads. */
  public static final class Builder {
    private ServerIdentity identity;
    private @Nullable String host;
    private int port;
    private @Nullable String advertised;
    private boolean loopbackAllowed;
    private @Nullable ServerTls tls;
    private @Nullable ServerGateway gateway;
    private ConnectionSettings connections = ConnectionSettings.DEFAULT;
    private LifecycleTimeouts timeouts = LifecycleTimeouts.DEFAULT;
    private ReadinessConfig readiness = ReadinessConfig.NONE;
    private RegistryBinding registry = new RegistryBinding.None();
    private final List<ServerServiceDefinition> services = new ArrayList<>();
    private Set<BuiltInService> builtInServices =
        EnumSet.of(BuiltInService.HEALTH, BuiltInService.REFLECTION);
    private Set<BuiltInService> exposedServices = Set.of();
    private @Nullable Authorizer authorizer;
    private final Set<String> publicMethods = new TreeSet<>();
    private final Set<String> authenticatedMethods = new TreeSet<>();
    private boolean secureByDefault;
    private ConcurrencyLimits limits = ConcurrencyLimits.NONE;
    private @Nullable PolicySource live;
    private MethodPolicies policies = MethodPolicies.empty();
    private final List<ServerInterceptor> interceptors = new ArrayList<>();
    private final List<ServerCallObserver> observers = new ArrayList<>();
    private int maxHandlerThreads = HandlerExecutor.DEFAULT_MAX_THREADS;
    private boolean shutdownHook;
    private final List<IntConsumer> warmUps = new ArrayList<>();
    private final UnstartedBuilderWarning unstartedWarning;

    private Builder(String name) {
      this.identity = ServerIdentity.of(name);
      this.unstartedWarning = UnstartedBuilderWarning.watch(this, "the builder of server " + name);
    }

    /** Sets the port to listen on; 0, the default, takes any free one. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** Sets the local address to listen on. Default: all of them. */
    public Builder host(String host) {
      this.host = Objects.requireNonNull(host, "host");
      return this;
    }

    /** Serves a service: what {@code InventoryRpc.bind} returns, or any other definition. */
    public Builder service(ServerServiceDefinition service) {
      services.add(Objects.requireNonNull(service, "service"));
      return this;
    }

    /** Serves a service written on stock generated code. */
    public Builder service(BindableService service) {
      return service(service.bindService());
    }

    /**
     * Sets the services about itself that the server offers. Default: health and reflection. {@code
     * builtInServices(BuiltInService.values())} turns on all, {@code builtInServices()} none.
     */
    public Builder builtInServices(BuiltInService... only) {
      this.builtInServices = Set.of(only);
      return this;
    }

    /**
     * Shows these services to every peer. Default: reflection and channelz answer peers on a
     * loopback address alone, and health answers everyone.
     */
    public Builder exposeBuiltInServices(BuiltInService... services) {
      this.exposedServices = Set.of(services);
      return this;
    }

    /** Announces the server in a registry that the caller closes, after the server. */
    public Builder registry(Registry shared) {
      return registry(new RegistryBinding.Shared(shared));
    }

    /** Opens a registry such as {@code "etcd://127.0.0.1:2379"}; the server closes it. */
    public Builder registry(String url) {
      return registry(new RegistryBinding.Opened(URI.create(url)));
    }

    private Builder registry(RegistryBinding binding) {
      if (!(registry instanceof RegistryBinding.None)) {
        throw new IllegalStateException(
            "registry(...) was called twice, with " + registry + " and " + binding + "; keep one");
      }
      this.registry = binding;
      return this;
    }

    /**
     * Sets how clients reach this server: {@code "host:port"}, or {@code "host"} with the port it
     * listens on. The environment variable {@code FAIRLEAD_ADVERTISE} wins over it. Default: an
     * address of this machine, which the log shows.
     */
    public Builder advertise(String hostAndPort) {
      this.advertised = Objects.requireNonNull(hostAndPort, "hostAndPort");
      return this;
    }

    /** Lets a loopback address into a registry that other hosts read. */
    public Builder allowLoopback() {
      this.loopbackAllowed = true;
      return this;
    }

    /** Sets this instance's id in the registry. Default: its address and some random letters. */
    public Builder id(String id) {
      return identity(
          i -> new ServerIdentity(i.name(), id, i.version(), i.zone(), i.weight(), i.tags()));
    }

    /** Sets the version of the software, for routing or as information. */
    public Builder version(String version) {
      return identity(
          i -> new ServerIdentity(i.name(), i.id(), version, i.zone(), i.weight(), i.tags()));
    }

    /** Sets where the server runs; clients of the same zone prefer it. */
    public Builder zone(String zone) {
      return identity(
          i -> new ServerIdentity(i.name(), i.id(), i.version(), zone, i.weight(), i.tags()));
    }

    /** Sets the share of the calls relative to other instances; 100 is ordinary. */
    public Builder weight(int weight) {
      return identity(
          i -> new ServerIdentity(i.name(), i.id(), i.version(), i.zone(), weight, i.tags()));
    }

    /** Adds a tag to the registry, for routing or as information. */
    public Builder tag(String key, String value) {
      Map<String, String> tags = new TreeMap<>(identity.tags());
      tags.put(key, value);
      return identity(
          i -> new ServerIdentity(i.name(), i.id(), i.version(), i.zone(), i.weight(), tags));
    }

    private Builder identity(UnaryOperator<ServerIdentity> change) {
      this.identity = change.apply(identity);
      return this;
    }

    /**
     * Serves over TLS with a PEM certificate chain and its PKCS#8 private key. The files are read
     * again while the server runs; see {@link TlsFiles}.
     */
    public Builder tls(Path certificateChain, Path privateKey) {
      return tls(TlsFiles.builder().certificate(certificateChain, privateKey).build());
    }

    /**
     * Does the same as {@link #tls(Path, Path)}, and accepts only clients with a certificate of
     * these authorities.
     */
    public Builder tls(Path certificateChain, Path privateKey, Path trustedClients) {
      return tls(
          TlsFiles.builder()
              .certificate(certificateChain, privateKey)
              .trust(trustedClients)
              .build());
    }

    /** Serves over TLS with these files. */
    public Builder tls(TlsFiles files) {
      this.tls = new ServerTls.InFiles(files);
      return this;
    }

    /**
     * Serves over TLS with credentials of grpc-java, for keys that are in memory or in a key store:
     * {@code TlsServerCredentials.newBuilder().keyManager(chain, key).build()}.
     */
    public Builder tls(ServerCredentials credentials) {
      if (credentials instanceof InsecureServerCredentials) {
        throw new IllegalArgumentException(
            "tls(...) was given InsecureServerCredentials; without tls(...) a server is plaintext");
      }
      this.tls = new ServerTls.Given(credentials);
      return this;
    }

    /**
     * Serves further protocols on the same port, e.g. {@code gateway(Gateway.standard())} of {@code
     * fairlead-gateway}. Default: gRPC alone.
     */
    public Builder gateway(ServerGateway gateway) {
      this.gateway = Objects.requireNonNull(gateway, "gateway");
      return this;
    }

    /**
     * Sets who decides on every call, before it costs anything else. Default: everyone may call.
     */
    public Builder authorizer(Authorizer authorizer) {
      this.authorizer = Objects.requireNonNull(authorizer, "authorizer");
      return this;
    }

    /**
     * Lets everyone call these methods: the authorizer is not asked, and there is no caller.
     *
     * @param names full names of methods ({@code "shop.v1.Catalog/List"}) or of services
     */
    public Builder publicMethods(String... names) {
      publicMethods.addAll(List.of(names));
      return this;
    }

    /**
     * Says that these methods take every caller that the authorizer knows, without a scope. For
     * {@link #secureByDefault}.
     *
     * @param names full names of methods or of services
     */
    public Builder authenticatedMethods(String... names) {
      authenticatedMethods.addAll(List.of(names));
      return this;
    }

    /**
     * Refuses to start while a method does not say who may call it: with {@code auth_scopes} or
     * {@code public} in its contract or policy, or with {@link #authenticatedMethods} or {@link
     * #publicMethods}.
     */
    public Builder secureByDefault() {
      this.secureByDefault = true;
      return this;
    }

    /**
     * Sets a policy above the contract's, for generated and stock services alike: idle timeout,
     * sizes, compression, scopes and priority. What only a channel honours is refused.
     *
     * @param name a full method name ({@code "shop.v1.Inventory/Reserve"}), a service's name, or
     *     {@code "*"}
     */
    public Builder policy(String name, MethodPolicy policy) {
      this.policies = policies.with(name, policy);
      return this;
    }

    /**
     * Adds interceptors around every method of the application's services. They stand below the
     * deadline check and the authorizer, and above admission: they know the {@linkplain
     * io.fairlead.security.Caller#current caller}, what they refuse takes no permit, and they see
     * what admission rejects. The built-in services do not pass through them.
     *
     * <p>The first one given is outermost, also over several calls of this method: its code runs
     * first for requests, and last for responses. ({@code ServerBuilder.intercept} has the opposite
     * order.) An interceptor runs on an event loop and must not block. What it throws ends the
     * call: a {@code StatusRuntimeException} with its status, anything else with INTERNAL.
     */
    public Builder intercept(ServerInterceptor... outermostFirst) {
      for (ServerInterceptor each : outermostFirst) {
        interceptors.add(Objects.requireNonNull(each, "interceptor"));
      }
      return this;
    }

    /** Hears of every call when it has ended, served or rejected. Several may be given. */
    public Builder observer(ServerCallObserver observer) {
      observers.add(Objects.requireNonNull(observer, "observer"));
      return this;
    }

    /**
     * Changes how many calls are taken at once, e.g. {@code limits(l ->
     * l.maxConcurrentCalls(500))}.
     */
    public Builder limits(UnaryOperator<ConcurrencyLimits.Builder> change) {
      this.limits = change.apply(limits.toBuilder()).build();
      return this;
    }

    /**
     * Changes the limits while the server runs, over those of {@link #limits}. No call is lost by a
     * change. The source must outlive the server, which does not close it.
     */
    public Builder livePolicies(PolicySource source) {
      this.live = Objects.requireNonNull(source, "source");
      return this;
    }

    /**
     * Sets the most threads for handlers that block, where the JVM has no virtual threads. Default:
     * {@value HandlerExecutor#DEFAULT_MAX_THREADS}.
     */
    public Builder maxHandlerThreads(int max) {
      this.maxHandlerThreads = max;
      return this;
    }

    /** Changes how connections are kept, e.g. {@code connections(c -> c.maxIdle(...))}. */
    public Builder connections(UnaryOperator<ConnectionSettings.Builder> change) {
      this.connections = change.apply(connections.toBuilder()).build();
      return this;
    }

    /** Changes the timeouts of the steps, e.g. {@code timeouts(t -> t.drainTimeout(...))}. */
    public Builder timeouts(UnaryOperator<LifecycleTimeouts.Builder> change) {
      this.timeouts = change.apply(timeouts.toBuilder()).build();
      return this;
    }

    /**
     * Adds a check of something that calls depend on. {@link #start} waits until every check says
     * yes; later, health says NOT_SERVING for as long as one says no, and clients go elsewhere.
     *
     * @param name for logs and messages
     * @param services full names of the services that need it; none is the whole server
     */
    public Builder readiness(String name, ReadinessCheck check, String... services) {
      this.readiness = readiness.with(new ReadinessCheckConfig(name, check, Set.of(services)));
      return this;
    }

    /** Sets how often each readiness check is asked, and how long it may take. Default: 5s. */
    public Builder readinessInterval(Duration interval) {
      this.readiness = readiness.withInterval(interval);
      return this;
    }

    /**
     * Runs code before health says SERVING and before the registry names this server, so that its
     * first callers do not pay for what is slow once: code calls its own server at the port that it
     * is given. {@link #start} waits for it, for {@code startupTimeout} in all, and fails with it.
     * Several run in order, on a thread of their own.
     */
    public Builder warmUp(IntConsumer code) {
      warmUps.add(Objects.requireNonNull(code, "code"));
      return this;
    }

    /** Closes the server when the JVM ends. */
    public Builder shutdownHook() {
      this.shutdownHook = true;
      return this;
    }

    /**
     * Binds, gets ready, registers and serves; returns when all of that is done. A mistake in the
     * set-up ends in an {@link IllegalStateException} that names the way out.
     */
    public RpcServer start() {
      unstartedWarning.started();
      return new RpcServer(
          ServerLifecycle.start(
              new ServerConfig(
                  identity,
                  new ListenSettings(host, port, advertised, loopbackAllowed, tls, gateway),
                  connections,
                  timeouts,
                  readiness,
                  registry,
                  services,
                  builtInServices,
                  exposedServices,
                  new ServerAccessConfig(
                      authorizer,
                      new MethodAccess(publicMethods, authenticatedMethods, secureByDefault),
                      limits,
                      live,
                      policies,
                      interceptors,
                      observers,
                      connections.stallTimeout()),
                  maxHandlerThreads,
                  shutdownHook,
                  warmUps)));
    }
  }
}
