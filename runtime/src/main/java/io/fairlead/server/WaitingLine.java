package io.fairlead.server;

import io.fairlead.policy.Priority;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Calls that wait for a place, more important methods first, in order of arrival within a method.
 * What cannot make its deadline any more is turned away rather than let in.
 */
final class WaitingLine {
  private final int capacity;
  private final Duration maxWait;
  private final ScheduledExecutorService timer;
  private final Map<Admission, ArrayDeque<WaitingCall<?, ?>>> lines = new LinkedHashMap<>();
  private final AtomicInteger wanted = new AtomicInteger();
  private final AtomicInteger size = new AtomicInteger();

  WaitingLine(int capacity, Duration maxWait, ScheduledExecutorService timer) {
    this.capacity = capacity;
    this.maxWait = maxWait;
    this.timer = timer;
  }

  int size() {
    return size.get();
  }

  boolean holds(Admission admission) {
    if (size.get() == 0) {
      return false;
    }
    synchronized (this) {
      return lines.containsKey(admission);
    }
  }

  /** Puts the call in line, in the place of a less important one if the line is full. */
  void join(WaitingCall<?, ?> call) {
    WaitingCall<?, ?> loser = null;
    synchronized (this) {
      if (size.get() >= capacity) {
        loser = leastImportantBelow(call.admission().gate().priority());
        if (loser == null) {
          loser = call;
        } else {
          take(loser);
        }
      }
      if (loser != call) {
        lines.computeIfAbsent(call.admission(), a -> new ArrayDeque<>()).add(call);
        size.incrementAndGet();
      }
    }
    if (loser != null && loser.decide()) {
      loser.turnAway(
          "the queue of " + capacity + " calls is full, and " + loser.admission().gate().explain());
    }
    if (loser == call) {
      return;
    }
    call.timeoutBy(timer.schedule(() -> expire(call), maxWait.toNanos(), TimeUnit.NANOSECONDS));
    // A place may have become free before the call stood in line.
    advance();
  }

  private @Nullable WaitingCall<?, ?> leastImportantBelow(Priority priority) {
    Priority lowest = priority;
    ArrayDeque<WaitingCall<?, ?>> least = null;
    for (Map.Entry<Admission, ArrayDeque<WaitingCall<?, ?>>> line : lines.entrySet()) {
      Priority its = line.getKey().gate().priority();
      if (its.compareTo(lowest) < 0) {
        lowest = its;
        least = line.getValue();
      }
    }
    return least == null ? null : least.peekLast();
  }

  private void expire(WaitingCall<?, ?> call) {
    if (call.decide()) {
      remove(call);
      call.turnAway(
          "waited " + maxWait.toMillis() + " ms for a place: " + call.admission().gate().explain());
    }
  }

  synchronized void remove(WaitingCall<?, ?> call) {
    take(call);
  }

  /** Needs the lock. */
  private void take(WaitingCall<?, ?> call) {
    ArrayDeque<WaitingCall<?, ?>> waiting = lines.get(call.admission());
    if (waiting != null && waiting.remove(call)) {
      size.decrementAndGet();
      if (waiting.isEmpty()) {
        lines.remove(call.admission());
      }
    }
  }

  /** Lets in whoever finds a place now. */
  void advance() {
    // One thread at a time, in a loop: a call that ends at once would otherwise nest the next.
    if (size.get() == 0 || wanted.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      decide().forEach(Runnable::run);
      seen = wanted.addAndGet(-seen);
    } while (seen != 0);
  }

  private List<Runnable> decide() {
    List<Runnable> decisions = new ArrayList<>();
    synchronized (this) {
      Set<Admission> blocked = new HashSet<>();
      WaitingCall<?, ?> head = next(blocked);
      while (head != null) {
        settle(head, blocked, decisions);
        head = next(blocked);
      }
    }
    // To be run outside the lock: these run the layers below.
    return decisions;
  }

  /** Needs the lock. */
  private void settle(WaitingCall<?, ?> head, Set<Admission> blocked, List<Runnable> decisions) {
    if (!head.canMakeIt()) {
      take(head);
      if (head.decide()) {
        decisions.add(() -> head.turnAway("waited too long to make its deadline"));
      }
      return;
    }
    int inFlight = head.admission().gate().tryEnter();
    if (inFlight == 0) {
      blocked.add(head.admission());
      return;
    }
    take(head);
    if (head.decide()) {
      decisions.add(() -> head.admit(inFlight));
    } else {
      head.admission().gate().abandon();
    }
  }

  /** The head of the most important line that is not blocked; needs the lock. */
  private @Nullable WaitingCall<?, ?> next(Set<Admission> blocked) {
    Priority highest = null;
    ArrayDeque<WaitingCall<?, ?>> best = null;
    for (Map.Entry<Admission, ArrayDeque<WaitingCall<?, ?>>> line : lines.entrySet()) {
      Priority its = line.getKey().gate().priority();
      if (!blocked.contains(line.getKey()) && (highest == null || its.compareTo(highest) > 0)) {
        highest = its;
        best = line.getValue();
      }
    }
    return best == null ? null : best.peekFirst();
  }

  @Override
  public String toString() {
    return "queue " + capacity + ", at most " + maxWait.toMillis() + " ms";
  }
}
