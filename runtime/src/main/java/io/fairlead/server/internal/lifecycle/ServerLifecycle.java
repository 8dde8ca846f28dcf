package io.fairlead.server.internal.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.internal.Durations;
import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.lifecycle.LifecycleTimeouts;
import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.PolicySource;
import io.fairlead.server.internal.observe.ServerCallObservers;
import io.fairlead.server.internal.service.BuiltInServices;
import io.fairlead.server.internal.service.HealthStatuses;
import io.fairlead.server.internal.stack.ServerExecutors;
import io.fairlead.server.internal.stack.ServerStack;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One server from bind to its last call.
 *
 * <p>The constructor binds, {@link #start} takes the steps up to SERVING, {@link #close()} those
 * back. A start that fails closes what it had opened. Closing is under the object's lock: a second
 * caller waits for the first and then finds nothing to do, also the shutdown hook.
 *
 * <p>Safe for use by many threads. It owns the threads, the port, the entry in the registry, and a
 * registry that it opened itself.
 */
public final class ServerLifecycle {
  private final ServerConfig config;
  private final LifecycleClock clock;
  private final LifecycleLog log;
  private final HealthStatuses health;
  private final ReadinessMonitor readinessMonitor;
  private final ServerExecutors executors;

  /** Null without files of TLS. */
  private final @Nullable TlsWatch watch;

  private final ServerStack stack;

  /** To changes of the limits; null if nothing changes them. */
  private PolicySource.@Nullable Subscription liveLimits;

  private final Server server;
  private final int port;

  /**
   * The registry that this server opened from a URL, and closes; null for one of the application.
   */
  private @Nullable Registry owned;

  private @Nullable ServerRegistration registration;

  /**
   * The shutdown hook. It stays until the server has left: if the JVM ends while the application
   * closes the server, the hook is what the JVM waits for.
   */
  private @Nullable Thread hook;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Lets no drain begin after close(). Not the object's own lock, which close() holds until the
   * last call has ended. Observers and the registry are told without it.
   */
  private final Object drainLock = new Object();

  /** Opens when close() has ended. */
  private final CountDownLatch gone = new CountDownLatch(1);

  /** Whether close() has begun. */
  @GuardedBy("drainLock")
  private boolean leaving;

  private ServerLifecycle(ServerConfig config, LifecycleClock clock) {
    this.config = config;
    this.clock = clock;
    ServerCallObservers observers = new ServerCallObservers(config.access().observers());
    this.log =
        new LifecycleLog(
            config.identity().name(),
            clock,
            state -> observers.stateChanged(config.identity().name(), state));
    this.health = new HealthStatuses(names(config.services()));
    this.executors = new ServerExecutors(config.identity().name(), config.maxHandlerThreads());
    try {
      this.watch = watch(config);
      ServerGateway gateway = config.listen().gateway();
      boolean grows = gateway != null && gateway.addsServices();
      if (!grows) {
        refuseNoService(config);
      }
      this.readinessMonitor =
          new ReadinessMonitor(
              config.identity().name(),
              readiness(config.readiness(), watch),
              health,
              executors.timer(),
              executors.handlers()::run,
              clock);
      this.stack =
          ServerStack.assemble(
              config.services(),
              BuiltInServices.of(config.builtInServices(), config.exposedServices(), health),
              config.access(),
              executors,
              grows,
              System::nanoTime,
              () -> ThreadLocalRandom.current().nextDouble());
      // Before the first call can come.
      this.liveLimits = follow(config, stack);
      this.server = ServerSocketBinder.open(config, stack, executors, watch);
      // Asked again and again, also after the end.
      this.port = server.getPort();
    } catch (RuntimeException | Error e) {
      closeLiveLimits();
      List<String> unused = executors.close(config.timeouts().forceClose());
      closeWatch();
      throw e;
    }
  }

  private static PolicySource.@Nullable Subscription follow(
      ServerConfig config, ServerStack stack) {
    PolicySource live = config.access().live();
    return live == null
        ? null
        : live.subscribeLimits(
            names(config.services()), config.access().limits(), stack::changeLimits);
  }

  private void closeLiveLimits() {
    if (liveLimits != null) {
      liveLimits.close();
      liveLimits = null;
    }
  }

  private static @Nullable TlsWatch watch(ServerConfig config) {
    return config.listen().tls() instanceof ServerTls.InFiles with
        ? TlsWatch.ofServer(with.files(), "server " + config.identity().name())
        : null;
  }

  /** A server whose certificate has expired gets no new connections, and says so. */
  private static ReadinessConfig readiness(ReadinessConfig config, @Nullable TlsWatch watch) {
    return watch == null
        ? config
        : config.with(new ReadinessCheckConfig("TLS certificate", watch::ready, Set.of()));
  }

  private void closeWatch() {
    if (watch != null) {
      watch.close();
    }
  }

  /** Binds, gets ready, registers, serves. A failure on the way leaves nothing open. */
  public static ServerLifecycle start(ServerConfig config) {
    return start(config, LifecycleClock.SYSTEM);
  }

  static ServerLifecycle start(ServerConfig config, LifecycleClock clock) {
    ServerLifecycle lifecycle = new ServerLifecycle(config, clock);
    try {
      lifecycle.arrive();
    } catch (RuntimeException | Error e) {
      lifecycle.abortStart();
      throw e;
    }
    return lifecycle;
  }

  private static void refuseNoService(ServerConfig config) {
    if (config.services().isEmpty()) {
      throw new IllegalStateException(
          "server "
              + config.identity().name()
              + " has no service; add one with service(InventoryRpc.bind(...)) before start()");
    }
  }

  private static List<String> names(List<ServerServiceDefinition> services) {
    return services.stream().map(s -> s.getServiceDescriptor().getName()).toList();
  }

  /** Takes the steps from BOUND to SERVING. */
  private void arrive() {
    log.enter(ServerState.Phase.BOUND, "listening on port " + port);
    warmUp();
    readinessMonitor.start();
    List<ReadinessState> missing = readinessMonitor.awaitReady(config.timeouts().startup());
    if (!missing.isEmpty()) {
      throw new IllegalStateException(notReady(missing));
    }
    log.enter(ServerState.Phase.READY, "health says SERVING");
    register();
    if (config.shutdownHook()) {
      hook = new Thread(this::closeAtExit, "fairlead-shutdown-" + config.identity().name());
      Runtime.getRuntime().addShutdownHook(hook);
    }
    log.enter(ServerState.Phase.SERVING, "started");
  }

  /**
   * Before anybody is told of this server; the port serves what the code itself calls. It runs on a
   * thread of its own, as code that hangs must not keep {@code start()} from ending.
   */
  private void warmUp() {
    if (config.warmUps().isEmpty()) {
      return;
    }
    String server = config.identity().name();
    FutureTask<?> code =
        new FutureTask<>(() -> config.warmUps().forEach(each -> each.accept(port)), null);
    Thread thread = new Thread(code, "fairlead-warm-up-" + server);
    thread.setDaemon(true);
    thread.start();
    try {
      code.get(config.timeouts().startup().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "server %s did not warm up: %s".formatted(server, e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      code.cancel(/* mayInterruptIfRunning= */ true);
      throw new IllegalStateException(
          "server %s did not warm up within %s; make that shorter, or allow more time with timeouts(t -> t.startupTimeout(...))"
              .formatted(server, Durations.format(config.timeouts().startup())),
          e);
    } catch (InterruptedException e) {
      code.cancel(/* mayInterruptIfRunning= */ true);
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "server %s was interrupted while it warmed up".formatted(server), e);
    }
  }

  private String notReady(List<ReadinessState> missing) {
    return ("server %s was not ready within %s: %s; fix that, or allow more time with"
            + " timeouts(t -> t.startupTimeout(...))")
        .formatted(
            config.identity().name(),
            Durations.format(config.timeouts().startup()),
            ReadinessMonitor.describe(missing));
  }

  /**
   * Registers, and waits for the confirmation for a bounded time; a registry that is down does not
   * stop a start.
   */
  private void register() {
    Registry registry = registry();
    if (registry == null) {
      return;
    }
    AdvertisedEndpoint advertised =
        AdvertisedEndpoint.of(config, port, registry.spansHosts(), clock.now());
    registration =
        ServerRegistration.of(
            registry, config.identity().name(), advertised.endpoint(), readinessMonitor::isDrained);
    if (registration.awaitRegistered(config.timeouts().registration())) {
      log.enter(ServerState.Phase.REGISTERED, advertised.text());
    } else {
      log.enterWithLoss(
          ServerState.Phase.REGISTERED,
          "%s not confirmed within %s: %s; it goes on being tried"
              .formatted(
                  advertised.text(),
                  Durations.format(config.timeouts().registration()),
                  registration.registration().status().detail()));
    }
  }

  private @Nullable Registry registry() {
    if (config.registry() instanceof RegistryBinding.Shared shared) {
      return shared.registry();
    }
    if (config.registry() instanceof RegistryBinding.Opened opened) {
      owned = opened.open();
      return owned;
    }
    return null;
  }

  /** After a start that failed half way: quickly, with nobody to tell. */
  private void abortStart() {
    shutDownGracefully("the start failed", LifecycleTimeouts.IMMEDIATE);
  }

  /** Leaves in order, within the timeouts. Later callers wait for the first. */
  public void close() {
    close("closed by the application");
  }

  private synchronized void close(String reason) {
    if (closed) {
      return;
    }
    closed = true;
    synchronized (drainLock) {
      leaving = true;
    }
    try {
      shutDownGracefully(reason, config.timeouts());
    } finally {
      gone.countDown();
      unhook();
    }
  }

  /**
   * Closes the server, or waits for the thread that closes it. The wait is bounded: that thread may
   * be the one that ends the JVM, which waits for this one.
   */
  private void closeAtExit() {
    boolean underWay;
    synchronized (drainLock) {
      underWay = leaving;
    }
    if (!underWay) {
      close("the JVM is ending");
      return;
    }
    LifecycleTimeouts timeouts = config.timeouts();
    Duration longest =
        timeouts
            .deregistration()
            .plus(timeouts.deregistrationDelay())
            .plus(timeouts.drain())
            .plus(timeouts.forceClose().multipliedBy(3));
    try {
      boolean unused = gone.await(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Asks clients to go elsewhere, and goes on serving.
   *
   * @return done when the registry has it; at once without a registry
   */
  public CompletionStage<Void> drain(String reason) {
    boolean changed;
    synchronized (drainLock) {
      refuseLeaving("drained");
      changed = readinessMonitor.setDrained(true);
    }
    if (changed) {
      log.enter(
          ServerState.Phase.NOT_SERVING,
          "drained: " + reason + "; health says NOT_SERVING, calls are still accepted");
    }
    return announce();
  }

  /** Takes back {@link #drain}. While a readiness check says no, the server is not serving yet. */
  public CompletionStage<Void> undrain(String reason) {
    boolean changed;
    synchronized (drainLock) {
      refuseLeaving("undrained");
      changed = readinessMonitor.setDrained(false);
    }
    if (changed) {
      String undrained = "undrained: " + reason;
      List<ReadinessState> missing = readinessMonitor.missing("");
      if (!missing.isEmpty()) {
        log.enter(
            ServerState.Phase.NOT_SERVING,
            undrained + "; health says NOT_SERVING: " + ReadinessMonitor.describe(missing));
      }
      readinessMonitor.whenServing(() -> serveAgain(undrained));
    }
    return announce();
  }

  /** Enters SERVING after {@link #undrain}, as the checks say yes. */
  private void serveAgain(String why) {
    synchronized (drainLock) {
      if (leaving) {
        return;
      }
    }
    log.enter(ServerState.Phase.SERVING, why + "; health follows the readiness checks");
  }

  /** Also where nothing changes: the registry may not have had the last one. */
  private CompletionStage<Void> announce() {
    return registration == null ? CompletableFuture.completedFuture(null) : registration.update();
  }

  /** Announces another weight; done when the registry has it. */
  public CompletionStage<Void> setWeight(int weight) {
    if (weight < 0) {
      throw new IllegalArgumentException(
          "weight " + weight + " is negative; use 0 or more, 100 is ordinary");
    }
    synchronized (drainLock) {
      refuseLeaving("given the weight " + weight);
    }
    if (registration == null) {
      throw new IllegalStateException(
          "server "
              + config.identity().name()
              + " is in no registry, so nobody reads its weight; give it a registry(...)");
    }
    return registration.setWeight(weight);
  }

  @GuardedBy("drainLock")
  private void refuseLeaving(String what) {
    if (leaving) {
      throw new IllegalStateException(
          "server %s is being closed, in phase %s, and cannot be %s any more"
              .formatted(config.identity().name(), log.last().phase(), what));
    }
  }

  private void shutDownGracefully(String reason, LifecycleTimeouts timeouts) {
    readinessMonitor.close();
    closeLiveLimits();
    new GracefulShutdown(timeouts, log, clock)
        .run(reason, health, registration, server, executors, owned);
    closeWatch();
  }

  private void unhook() {
    if (hook != null && Thread.currentThread() != hook) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException alreadyLeaving) {
        // The JVM is shutting down; the hook finds the server closed.
        return;
      }
    }
  }

  public String name() {
    return config.identity().name();
  }

  public int port() {
    return port;
  }

  public ServerState state() {
    return log.last();
  }

  public List<ServerState> history() {
    return log.all();
  }

  public ServerLoad load() {
    return stack.admission().load();
  }

  public Map<String, Integer> callLimits() {
    return stack.admission().limits();
  }

  public ConcurrencyLimits limits() {
    return stack.admission().inForce();
  }

  public String limitsOrigin() {
    return stack.admission().origin();
  }

  public int handlersRunning() {
    return executors.handlers().running();
  }

  public Optional<Instant> certificateExpiry() {
    return watch == null ? Optional.empty() : watch.expiry();
  }

  public List<ReadinessState> readiness() {
    return readinessMonitor.states();
  }

  public @Nullable Registration registration() {
    return registration == null ? null : registration.registration();
  }

  /** Waits for the end; false if the time was up first. */
  public void awaitClosed() throws InterruptedException {
    server.awaitTermination();
  }

  public boolean awaitClosed(long timeout, TimeUnit unit) throws InterruptedException {
    return server.awaitTermination(timeout, unit);
  }

  @Override
  public String toString() {
    return "server " + config.identity().name() + " on port " + port + "\n" + stack;
  }
}
