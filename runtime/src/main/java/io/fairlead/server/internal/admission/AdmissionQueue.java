package io.fairlead.server.internal.admission;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
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
 * Calls that wait for a permit: more important methods first, in order of arrival within a method.
 *
 * <p>There is one queue for each method, as a method that is at its own limit must not hold up
 * others. A full queue gives up its least important call for a more important one. A call that can
 * no longer make its deadline is rejected rather than admitted.
 *
 * <p>The lock guards the queues. Decisions are made under it and carried out after it, since they
 * run the layers below. Each end of a call asks for an advance; one thread carries out all that are
 * asked for meanwhile.
 */
final class AdmissionQueue {
  private final ScheduledExecutorService timer;
  private volatile Bounds bounds;

  /** The calls of each method, in order of arrival; a method without waiting calls has no entry. */
  @GuardedBy("this")
  private final Map<AdmissionInterceptor, ArrayDeque<QueuedCall<?, ?>>> queues =
      new LinkedHashMap<>();

  /** Above zero while a thread admits calls; others count themselves in and leave. */
  private final AtomicInteger pendingAdvances = new AtomicInteger();

  /**
   * The number of calls in all queues; read without the lock by each call, which is mostly zero.
   */
  private final AtomicInteger size = new AtomicInteger();

  /** With room for no call, there is no queue. */
  private record Bounds(int capacity, Duration maxWait) {}

  AdmissionQueue(int capacity, Duration maxWait, ScheduledExecutorService timer) {
    this.bounds = new Bounds(capacity, maxWait);
    this.timer = timer;
  }

  /**
   * Takes other bounds, and admits what has room under limits that changed before. Calls that wait
   * stay, and no longer than they were told.
   */
  void change(int capacity, Duration maxWait) {
    bounds = new Bounds(capacity, maxWait);
    // Not on this thread, which is that of a registry: these run the layers below.
    timer.execute(this::advance);
  }

  boolean isOpen() {
    return bounds.capacity() > 0;
  }

  int size() {
    return size.get();
  }

  /** Returns how many calls of one method wait. */
  synchronized int size(MethodLimiter method) {
    int calls = 0;
    for (Map.Entry<AdmissionInterceptor, ArrayDeque<QueuedCall<?, ?>>> each : queues.entrySet()) {
      calls += each.getKey().limiter() == method ? each.getValue().size() : 0;
    }
    return calls;
  }

  /** Returns how long the call that came first has waited, in nanoseconds; 0 if none waits. */
  synchronized long longestWait(long now) {
    long longest = 0;
    for (ArrayDeque<QueuedCall<?, ?>> each : queues.values()) {
      QueuedCall<?, ?> first = each.peekFirst();
      longest = first == null ? longest : Math.max(longest, now - first.enqueuedNanos());
    }
    return longest;
  }

  boolean hasQueued(AdmissionInterceptor admission) {
    if (size.get() == 0) {
      return false;
    }
    synchronized (this) {
      return queues.containsKey(admission);
    }
  }

  /** Adds the call to the queue, in place of a less important one if the queue is full. */
  void enqueue(QueuedCall<?, ?> call) {
    Bounds now = bounds;
    QueuedCall<?, ?> loser = null;
    synchronized (this) {
      if (size.get() >= now.capacity()) {
        loser = leastImportantBelow(call.admission().limiter().priority());
        if (loser == null) {
          loser = call;
        } else {
          unlink(loser);
        }
      }
      if (loser != call) {
        queues.computeIfAbsent(call.admission(), a -> new ArrayDeque<>()).add(call);
        size.incrementAndGet();
      }
    }
    if (loser != null && loser.tryClaim()) {
      loser.reject(
          RejectionReason.QUEUE_FULL,
          "the queue of "
              + Plural.of(now.capacity(), "call")
              + " is full, and "
              + loser.admission().limiter().explain());
    }
    if (loser == call) {
      return;
    }
    call.setTimeoutTask(
        timer.schedule(
            () -> expire(call, now.maxWait()), now.maxWait().toNanos(), TimeUnit.NANOSECONDS));
    // A permit may have become free before the call was in the queue.
    advance();
  }

  /** Finds the call to give up for a more important one: the last of the least important method. */
  @GuardedBy("this")
  private @Nullable QueuedCall<?, ?> leastImportantBelow(Priority priority) {
    Priority lowest = priority;
    ArrayDeque<QueuedCall<?, ?>> least = null;
    for (Map.Entry<AdmissionInterceptor, ArrayDeque<QueuedCall<?, ?>>> queued : queues.entrySet()) {
      Priority its = queued.getKey().limiter().priority();
      if (its.compareTo(lowest) < 0) {
        lowest = its;
        least = queued.getValue();
      }
    }
    return least == null ? null : least.peekLast();
  }

  private void expire(QueuedCall<?, ?> call, Duration waited) {
    if (call.tryClaim()) {
      remove(call);
      call.reject(
          RejectionReason.QUEUE_TIMEOUT,
          "waited "
              + Durations.format(waited)
              + " in the admission queue: "
              + call.admission().limiter().explain());
    }
  }

  synchronized void remove(QueuedCall<?, ?> call) {
    unlink(call);
  }

  @GuardedBy("this")
  private void unlink(QueuedCall<?, ?> call) {
    ArrayDeque<QueuedCall<?, ?>> queued = queues.get(call.admission());
    if (queued != null && queued.remove(call)) {
      size.decrementAndGet();
      if (queued.isEmpty()) {
        queues.remove(call.admission());
      }
    }
  }

  /** Admits every call that gets a permit now. */
  void advance() {
    // One thread at a time, in a loop: a call that ends at once would otherwise nest the next.
    if (size.get() == 0 || pendingAdvances.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      claimNext().forEach(Runnable::run);
      seen = pendingAdvances.addAndGet(-seen);
    } while (seen != 0);
  }

  /**
   * Decides which waiting calls start now, most important first, and returns what is to be done.
   */
  private List<Runnable> claimNext() {
    List<Runnable> decisions = new ArrayList<>();
    synchronized (this) {
      Set<AdmissionInterceptor> blocked = new HashSet<>();
      QueuedCall<?, ?> head = next(blocked);
      while (head != null) {
        claimAll(head, blocked, decisions);
        head = next(blocked);
      }
    }
    // To be run outside the lock: these run the layers below.
    return decisions;
  }

  @GuardedBy("this")
  private void claimAll(
      QueuedCall<?, ?> head, Set<AdmissionInterceptor> blocked, List<Runnable> decisions) {
    if (!head.canMeetDeadline()) {
      unlink(head);
      if (head.tryClaim()) {
        decisions.add(
            () ->
                head.reject(
                    RejectionReason.DEADLINE_TOO_NEAR, "waited too long to make its deadline"));
      }
      return;
    }
    int inFlight = head.admission().limiter().tryAcquire();
    if (inFlight == 0) {
      blocked.add(head.admission());
      return;
    }
    unlink(head);
    if (head.tryClaim()) {
      decisions.add(() -> head.admit(inFlight));
    } else {
      head.admission().limiter().releaseUnused();
    }
  }

  /** The head of the most important queue that is not blocked. */
  @GuardedBy("this")
  private @Nullable QueuedCall<?, ?> next(Set<AdmissionInterceptor> blocked) {
    Priority highest = null;
    ArrayDeque<QueuedCall<?, ?>> best = null;
    for (Map.Entry<AdmissionInterceptor, ArrayDeque<QueuedCall<?, ?>>> queued : queues.entrySet()) {
      Priority its = queued.getKey().limiter().priority();
      if (!blocked.contains(queued.getKey()) && (highest == null || its.compareTo(highest) > 0)) {
        highest = its;
        best = queued.getValue();
      }
    }
    return best == null ? null : best.peekFirst();
  }

  @Override
  public String toString() {
    Bounds now = bounds;
    return "queue " + now.capacity() + ", at most " + Durations.format(now.maxWait());
  }
}
