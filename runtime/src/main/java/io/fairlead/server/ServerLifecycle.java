package io.fairlead.server;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One server from bind to its last call. Safe for use by many threads. */
public final class ServerLifecycle {
  private final ServerPlan plan;
  private final LifecycleClock clock;
  private final ServerHistory history;
  private final HealthBoard health;
  private final Readiness readiness;
  private final ServerThreads threads;
  private final ServerStack stack;
  private final Server server;
  private final int port;
  private @Nullable Registry owned;
  private @Nullable Announcement announcement;
  private @Nullable Thread hook;
  private boolean closed;

  private ServerLifecycle(ServerPlan plan, LifecycleClock clock) {
    this.plan = plan;
    this.clock = clock;
    this.history = new ServerHistory(plan.identity().name(), clock);
    this.health = new HealthBoard(names(plan.services()));
    this.threads = new ServerThreads(plan.identity().name(), plan.handlerThreads());
    try {
      refuseNoService(plan);
      this.readiness =
          new Readiness(
              plan.identity().name(),
              plan.readiness(),
              health,
              threads.timer(),
              threads.handlers()::run,
              clock);
      this.stack =
          ServerStack.assemble(
              plan.services(),
              StandardServices.of(plan.standardServices(), health),
              plan.guards(),
              threads,
              System::nanoTime,
              () -> ThreadLocalRandom.current().nextDouble());
      this.server = Transport.open(plan, stack, threads);
      // Asked again and again, also after the end.
      this.port = server.getPort();
    } catch (RuntimeException | Error e) {
      List<String> unused = threads.close(plan.bounds().forced());
      throw e;
    }
  }

  /** Binds, gets ready, registers, serves. A failure on the way leaves nothing open. */
  public static ServerLifecycle start(ServerPlan plan) {
    return start(plan, LifecycleClock.SYSTEM);
  }

  static ServerLifecycle start(ServerPlan plan, LifecycleClock clock) {
    ServerLifecycle lifecycle = new ServerLifecycle(plan, clock);
    try {
      lifecycle.arrive();
    } catch (RuntimeException | Error e) {
      lifecycle.abandon();
      throw e;
    }
    return lifecycle;
  }

  private static void refuseNoService(ServerPlan plan) {
    if (plan.services().isEmpty()) {
      throw new IllegalStateException(
          "server "
              + plan.identity().name()
              + " has no service; add one with service(InventoryRpc.bind(...)) before start()");
    }
  }

  private static List<String> names(List<ServerServiceDefinition> services) {
    return services.stream().map(s -> s.getServiceDescriptor().getName()).toList();
  }

  private void arrive() {
    history.enter(ServerPhase.BOUND, "listening on port " + port);
    readiness.begin();
    List<ReadinessState> missing = readiness.awaitReady(plan.bounds().ready());
    if (!missing.isEmpty()) {
      throw new IllegalStateException(notReady(missing));
    }
    history.enter(ServerPhase.READY, "health says SERVING");
    register();
    if (plan.shutdownHook()) {
      hook =
          new Thread(
              () -> close("the JVM is ending"), "fairlead-shutdown-" + plan.identity().name());
      Runtime.getRuntime().addShutdownHook(hook);
    }
    history.enter(ServerPhase.SERVING, "started");
  }

  private String notReady(List<ReadinessState> missing) {
    return "server "
        + plan.identity().name()
        + " did not get ready within "
        + plan.bounds().ready().toMillis()
        + " ms: "
        + String.join("; ", missing.stream().map(ReadinessState::toString).toList())
        + "; put that right, or allow more time with bounds(b -> b.withReady(...))";
  }

  private void register() {
    Registry registry = registry();
    if (registry == null) {
      return;
    }
    OwnEndpoint own = OwnEndpoint.of(plan, port, registry.spansHosts(), clock.now());
    announcement = Announcement.of(registry, plan.identity().name(), own.endpoint());
    if (announcement.awaitRegistered(plan.bounds().registered())) {
      history.enter(ServerPhase.REGISTERED, own.text());
    } else {
      history.enterWithLoss(
          ServerPhase.REGISTERED,
          own.text()
              + " not confirmed within "
              + plan.bounds().registered().toMillis()
              + " ms: "
              + announcement.registration().status().detail()
              + "; it goes on being tried");
    }
  }

  private @Nullable Registry registry() {
    if (plan.registry() instanceof RegistryUse.Shared shared) {
      return shared.registry();
    }
    if (plan.registry() instanceof RegistryUse.Opened opened) {
      owned = opened.open();
      return owned;
    }
    return null;
  }

  /** After a start that failed half way: quickly, with nobody to tell. */
  private void abandon() {
    farewell("the start failed", LifecycleBounds.AT_ONCE);
  }

  /** Leaves in order, within the bounds. Later callers wait for the first. */
  public void close() {
    close("closed by the application");
  }

  private synchronized void close(String reason) {
    if (closed) {
      return;
    }
    closed = true;
    unhook();
    farewell(reason, plan.bounds());
  }

  private void farewell(String reason, LifecycleBounds bounds) {
    readiness.close();
    new Farewell(bounds, history, clock).say(reason, health, announcement, server, threads, owned);
  }

  private void unhook() {
    if (hook != null && Thread.currentThread() != hook) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException alreadyLeaving) {
        // The machine is on its way down; the hook finds the server closed.
        return;
      }
    }
  }

  public int port() {
    return port;
  }

  public ServerState state() {
    return history.last();
  }

  public List<ServerState> history() {
    return history.all();
  }

  public ServerLoad load() {
    return stack.admission().load();
  }

  public List<ReadinessState> readiness() {
    return readiness.states();
  }

  public @Nullable Registration registration() {
    return announcement == null ? null : announcement.registration();
  }

  /** Waits for the end; false if the time was up first. */
  public boolean awaitClosed(long timeout, TimeUnit unit) throws InterruptedException {
    return server.awaitTermination(timeout, unit);
  }

  @Override
  public String toString() {
    return "server " + plan.identity().name() + " on port " + port + "\n" + stack;
  }
}
