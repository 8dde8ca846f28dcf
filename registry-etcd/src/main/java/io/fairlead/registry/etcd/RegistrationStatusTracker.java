package io.fairlead.registry.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.discovery.Watch;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** The state of one registration, its history and its observers. Changed on the loop alone. */
final class RegistrationStatusTracker {
  private static final Logger LOG = System.getLogger(RegistrationStatusTracker.class.getName());
  private static final int MAX_HISTORY = 32;

  private final String subject;
  private final EventLoop eventLoop;
  private final InstantSource clock;
  private final List<Subscriber<Status>> subscribers = new ArrayList<>();

  @GuardedBy("history")
  private final Deque<Status> history = new ArrayDeque<>();

  private volatile Status status;

  RegistrationStatusTracker(String subject, EventLoop eventLoop, InstantSource clock) {
    this.subject = subject;
    this.eventLoop = eventLoop;
    this.clock = clock;
    this.status = new Status(State.REGISTERING, clock.instant(), "registering");
    history.add(status);
  }

  void become(State state, String detail) {
    boolean same = status.state() == state;
    if (same && status.detail().equals(detail)) {
      return;
    }
    Status next = new Status(state, same ? status.since() : clock.instant(), detail);
    synchronized (history) {
      history.add(next);
      if (history.size() > MAX_HISTORY) {
        history.remove();
      }
    }
    // Last: whoever sees it finds it in the history.
    status = next;
    if (!same) {
      boolean good = state == State.REGISTERED || state == State.CLOSED;
      LOG.log(good ? Level.INFO : Level.WARNING, "{0}: {1}: {2}", subject, state, detail);
    }
    List.copyOf(subscribers).forEach(subscriber -> subscriber.publish(next));
  }

  Status status() {
    return status;
  }

  List<Status> history() {
    synchronized (history) {
      return List.copyOf(history);
    }
  }

  Watch watch(Consumer<? super Status> observer) {
    Subscriber<Status> subscriber =
        new Subscriber<>(observer, closed -> eventLoop.execute(() -> subscribers.remove(closed)));
    eventLoop.execute(
        () -> {
          subscribers.add(subscriber);
          subscriber.publish(status);
        });
    return subscriber;
  }
}
