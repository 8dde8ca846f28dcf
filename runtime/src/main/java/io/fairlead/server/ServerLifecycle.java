package io.fairlead.server;

import io.fairlead.discovery.Endpoint;
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
  private final ServerThreads threads;
  private final ServerStack stack;
  private final Server server;
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
      this.stack =
          ServerStack.assemble(
              plan.services(),
              StandardServices.of(plan.standardServices(), health),
              plan.guards(),
              threads,
              System::nanoTime,
              () -> ThreadLocalRandom.current().nextDouble());
      this.server = Transport.open(plan, stack, threads.handlers());
    } catch (RuntimeException | Error e) {
      threads.close();
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
    history.enter(ServerPhase.BOUND, "listening on port " + server.getPort());
    health.set("", true);
    health.services().forEach(service -> health.set(service, true));
    history.enter(ServerPhase.READY, "health says SERVING");
    register();
    if (plan.shutdownHook()) {
      hook = new Thread(this::close, "fairlead-shutdown-" + plan.identity().name());
      Runtime.getRuntime().addShutdownHook(hook);
    }
    history.enter(ServerPhase.SERVING, "started");
  }

  private void register() {
    Registry registry = registry();
    if (registry == null) {
      return;
    }
    AdvertisedAddress.Choice address =
        AdvertisedAddress.decide(
            plan.listen(),
            server.getPort(),
            System.getenv(AdvertisedAddress.VARIABLE),
            registry.acrossHosts(),
            HostAddress::find);
    Endpoint endpoint = endpoint(address);
    announcement = Announcement.of(registry, plan.identity().name(), endpoint);
    String what =
        endpoint.id() + " at " + endpoint.addresses().get(0) + " (" + address.reason() + ")";
    if (announcement.awaitRegistered(plan.bounds().registered())) {
      history.enter(ServerPhase.REGISTERED, what);
    } else {
      history.enterWithLoss(
          ServerPhase.REGISTERED,
          what
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

  private Endpoint endpoint(AdvertisedAddress.Choice address) {
    ServerIdentity identity = plan.identity();
    String id = identity.id() != null ? identity.id() : InstanceId.make(address);
    return new Endpoint(
        id,
        List.of(AdvertisedAddress.address(address, plan.listen().tls() != null)),
        identity.zone(),
        identity.weight(),
        identity.version(),
        identity.tags(),
        clock.now(),
        false);
  }

  /** After a start that failed half way: quickly, with nobody to tell. */
  private void abandon() {
    if (announcement != null) {
      announcement.registration().close();
    }
    server.shutdownNow();
    if (owned != null) {
      owned.close();
    }
    threads.close();
  }

  /** Leaves in order, within the bounds. Later callers wait for the first. */
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    unhook();
    new Farewell(plan.bounds(), history, clock).say(health, announcement, server, owned);
    threads.close();
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
    return server.getPort();
  }

  public ServerState state() {
    return history.last();
  }

  public List<ServerState> history() {
    return history.all();
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
    return "server " + plan.identity().name() + " on port " + server.getPort() + "\n" + stack;
  }
}
