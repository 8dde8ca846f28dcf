package io.fairlead.internal.executor;

import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The calls on one event loop whose request is not complete, for servers that bound how long that
 * may take. A call costs the links of a list: no clock, no timer of its own, no lock, as all
 * happens on the loop's thread. While there are such calls, a sweep counts down how long each may
 * stay.
 */
public final class PendingRequests {
  private static final long SWEEP_NANOS = Duration.ofMillis(100).toNanos();

  private @Nullable PendingRequest<?> first;
  private boolean sweeping;

  PendingRequests() {}

  /** Returns those of the calling thread; null if it is no loop of a server. */
  public static @Nullable PendingRequests ofThisThread() {
    ServerLoop loop = ServerLoop.current();
    return loop == null ? null : loop.pendingRequests;
  }

  /**
   * How long the calls of a method may wait, made once for each.
   *
   * @param why how a call ends that waits longer
   */
  public record Limit(int sweeps, Status why) {
    public static Limit of(Duration timeout, Status why) {
      long sweeps = timeout.toNanos() / SWEEP_NANOS + 1;
      return new Limit((int) Math.min(Integer.MAX_VALUE, sweeps), why);
    }
  }

  /** Waits for a request until it is complete, or the limit is reached. */
  public void add(PendingRequest<?> request, Limit limit) {
    request.list = this;
    request.limit = limit;
    request.sweepsLeft = limit.sweeps();
    request.after = first;
    if (first != null) {
      first.before = request;
    }
    first = request;
    if (!sweeping) {
      scheduleSweep();
    }
  }

  void remove(PendingRequest<?> request) {
    if (request.before == null) {
      first = request.after;
    } else {
      request.before.after = request.after;
    }
    if (request.after != null) {
      request.after.before = request.before;
    }
    request.list = null;
    request.before = null;
    request.after = null;
  }

  private void scheduleSweep() {
    EventLoop loop = EventLoops.current();
    if (loop != null) {
      sweeping = true;
      var unused = loop.schedule(this::sweep, SWEEP_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private void sweep() {
    sweeping = false;
    PendingRequest<?> request = first;
    while (request != null) {
      // Read before: who is ended leaves the list.
      PendingRequest<?> next = request.after;
      if (--request.sweepsLeft < 0) {
        PendingRequests.Limit limit = Objects.requireNonNull(request.limit);
        remove(request);
        request.onStall(limit.why());
      }
      request = next;
    }
    if (first != null && !sweeping) {
      scheduleSweep();
    }
  }
}
