package io.fairlead.server.internal.lifecycle;

import io.fairlead.discovery.Registry;
import io.fairlead.internal.Durations;
import io.fairlead.lifecycle.LifecycleTimeouts;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.server.internal.service.HealthStatuses;
import io.fairlead.server.internal.stack.ServerExecutors;
import io.grpc.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a server leaves so that no call is lost: clients are told first, and the port
 * closes only after they had the time to notice.
 *
 * <p>Every wait has a bound of its own, so the whole has one too. A step that runs out of time is
 * logged with what it could not do, and the next step follows. Runs once, on the thread that closes
 * the server or on the shutdown hook.
 */
final class GracefulShutdown {
  private final LifecycleTimeouts timeouts;
  private final LifecycleLog log;
  private final LifecycleClock clock;

  GracefulShutdown(LifecycleTimeouts timeouts, LifecycleLog log, LifecycleClock clock) {
    this.timeouts = timeouts;
    this.log = log;
    this.clock = clock;
  }

  void run(
      String reason,
      HealthStatuses health,
      @Nullable ServerRegistration registration,
      Server server,
      ServerExecutors executors,
      @Nullable Registry owned) {
    health.enterTerminalState();
    this.log.enter(
        ServerState.Phase.NOT_SERVING,
        reason + "; health says NOT_SERVING, calls are still accepted");
    if (registration != null) {
      deregister(registration);
      clock.sleep(timeouts.deregistrationDelay());
      log.enter(
          ServerState.Phase.PROPAGATED,
          "clients had " + Durations.format(timeouts.deregistrationDelay()) + " to notice");
    }
    server.shutdown();
    log.enter(ServerState.Phase.GOAWAY, "the port is closed; connections were told to go away");
    drain(server);
    List<String> left = new ArrayList<>(executors.close(timeouts.forceClose()));
    if (owned != null) {
      String loss = ServerRegistration.close(owned, timeouts.forceClose());
      if (!loss.isEmpty()) {
        left.add(loss);
      }
    }
    if (left.isEmpty()) {
      log.enter(
          ServerState.Phase.CLOSED,
          owned == null ? "nothing is left" : "its registry is closed too");
    } else {
      log.enterWithLoss(
          ServerState.Phase.CLOSED,
          "left behind after %s: %s"
              .formatted(Durations.format(timeouts.forceClose()), String.join("; ", left)));
    }
  }

  /** Takes the entry out of the registry, before the port closes. */
  private void deregister(ServerRegistration registration) {
    String loss = registration.deregister(timeouts.deregistration());
    if (loss.isEmpty()) {
      log.enter(ServerState.Phase.DEREGISTERED, "the registry's entry is gone");
    } else {
      log.enterWithLoss(
          ServerState.Phase.DEREGISTERED,
          "%s within %s; the entry goes when its lease ends"
              .formatted(loss, Durations.format(timeouts.deregistration())));
    }
  }

  /** Waits for the calls in flight, and cuts what remains when the time is up. */
  private void drain(Server server) {
    if (await(server, timeouts.drain())) {
      log.enter(ServerState.Phase.DRAINED, "no call is in flight");
      return;
    }
    server.shutdownNow();
    boolean ended = await(server, timeouts.forceClose());
    log.enterWithLoss(
        ServerState.Phase.FORCED,
        "calls still in flight after "
            + Durations.format(timeouts.drain())
            + " were cut"
            + (ended
                ? ""
                : "; the transport did not end within " + Durations.format(timeouts.forceClose())));
  }

  private static boolean await(Server server, Duration bound) {
    try {
      return server.awaitTermination(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return server.isTerminated();
    }
  }
}
