package io.fairlead.server;

import io.fairlead.discovery.Registry;
import io.grpc.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a server leaves so that no call is lost: clients are told first, and the port
 * closes only after they had the time to hear it.
 */
final class Farewell {
  private final LifecycleBounds bounds;
  private final ServerHistory history;
  private final LifecycleClock clock;

  Farewell(LifecycleBounds bounds, ServerHistory history, LifecycleClock clock) {
    this.bounds = bounds;
    this.history = history;
    this.clock = clock;
  }

  void say(
      String reason,
      HealthBoard health,
      @Nullable Announcement announcement,
      Server server,
      ServerThreads threads,
      @Nullable Registry owned) {
    health.leave();
    history.enter(
        ServerPhase.NOT_SERVING, reason + "; health says NOT_SERVING, calls are still taken");
    if (announcement != null) {
      deregister(announcement);
      clock.pause(bounds.propagation());
      history.enter(
          ServerPhase.PROPAGATED, "clients had " + text(bounds.propagation()) + " to hear of it");
    }
    server.shutdown();
    history.enter(ServerPhase.GOAWAY, "the port is closed; connections were told to go away");
    drain(server);
    List<String> left = new ArrayList<>(threads.close(bounds.forced()));
    if (owned != null) {
      String loss = Announcement.close(owned, bounds.forced());
      if (!loss.isEmpty()) {
        left.add(loss);
      }
    }
    if (left.isEmpty()) {
      history.enter(
          ServerPhase.CLOSED, owned == null ? "nothing is left" : "its registry is closed too");
    } else {
      history.enterWithLoss(
          ServerPhase.CLOSED,
          "left behind after " + text(bounds.forced()) + ": " + String.join("; ", left));
    }
  }

  private void deregister(Announcement announcement) {
    String loss = announcement.leave(bounds.deregistered());
    if (loss.isEmpty()) {
      history.enter(ServerPhase.DEREGISTERED, "the registry's entry is gone");
    } else {
      history.enterWithLoss(
          ServerPhase.DEREGISTERED,
          loss + " within " + text(bounds.deregistered()) + "; the entry goes when its lease ends");
    }
  }

  private void drain(Server server) {
    if (await(server, bounds.calls())) {
      history.enter(ServerPhase.DRAINED, "no call is in flight");
      return;
    }
    server.shutdownNow();
    boolean ended = await(server, bounds.forced());
    history.enterWithLoss(
        ServerPhase.FORCED,
        "calls still in flight after "
            + text(bounds.calls())
            + " were cut"
            + (ended ? "" : "; the transport did not end within " + text(bounds.forced())));
  }

  private static boolean await(Server server, Duration bound) {
    try {
      return server.awaitTermination(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return server.isTerminated();
    }
  }

  private static String text(Duration duration) {
    return duration.toMillis() + " ms";
  }
}
