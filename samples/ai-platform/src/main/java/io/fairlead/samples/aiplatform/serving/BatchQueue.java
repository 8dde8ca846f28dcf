package io.fairlead.samples.aiplatform.serving;

import io.fairlead.RpcException;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Requests that wait to be run together, and the rule when they are.
 *
 * <p>A batch is due when it is full, or when its oldest request has waited for the longest delay.
 * Requests of a higher priority are taken first. What nobody waits for any more is dropped before
 * it costs anything.
 *
 * <p>Not safe for use by several threads; {@link Batcher} has the lock. Times are those of one
 * clock, in nanoseconds.
 */
final class BatchQueue {
  private final int maxRows;
  private final long maxDelayNanos;
  private final int maxWaiting;

  /** By priority, the highest first; within one in the order of arrival. */
  private final Map<Integer, Deque<InferenceTask>> waiting = new TreeMap<>();

  private int tasks;
  private int rows;
  private long cancelled;
  private long late;

  /**
   * @param maxRows rows of a batch, at most
   * @param maxDelay how long a request waits for others
   * @param maxWaiting requests that may wait; more are refused
   */
  BatchQueue(int maxRows, Duration maxDelay, int maxWaiting) {
    this.maxRows = maxRows;
    this.maxDelayNanos = maxDelay.toNanos();
    this.maxWaiting = maxWaiting;
  }

  /** Adds a request; false if too many wait. */
  boolean offer(InferenceTask task) {
    if (tasks >= maxWaiting) {
      return false;
    }
    waiting.computeIfAbsent(task.priority(), level -> new ArrayDeque<>()).add(task);
    tasks++;
    rows += task.rows().length;
    return true;
  }

  /** Returns how many requests wait. */
  int size() {
    return tasks;
  }

  boolean isEmpty() {
    return tasks == 0;
  }

  /** Returns how long it is until a batch is due: 0 if one is. The queue must not be empty. */
  long nanosUntilDue(long now) {
    if (rows >= maxRows) {
      return 0;
    }
    long oldest = 0;
    for (Deque<InferenceTask> level : waiting.values()) {
      InferenceTask first = level.peek();
      oldest = first == null ? oldest : Math.max(oldest, now - first.arrival());
    }
    return Math.max(0, maxDelayNanos - oldest);
  }

  /**
   * Takes the requests of the next batch. One that is larger than a batch runs alone. May return
   * nothing, if all were dropped.
   */
  List<InferenceTask> take(long now) {
    List<InferenceTask> batch = new ArrayList<>();
    int taken = 0;
    for (Deque<InferenceTask> level : waiting.values()) {
      InferenceTask next;
      while ((next = level.peek()) != null) {
        boolean dropped = drop(next, now);
        if (!dropped && taken > 0 && taken + next.rows().length > maxRows) {
          return batch;
        }
        level.remove();
        tasks--;
        rows -= next.rows().length;
        if (!dropped) {
          batch.add(next);
          taken += next.rows().length;
        }
      }
    }
    return batch;
  }

  private boolean drop(InferenceTask task, long now) {
    if (task.isCancelled()) {
      cancelled++;
      task.fail(
          RpcException.answer(Status.Code.CANCELLED, "the caller left before the request was run"));
      return true;
    }
    if (task.deadline().isPresent() && now - task.deadline().getAsLong() >= 0) {
      late++;
      task.fail(
          RpcException.answer(
              Status.Code.DEADLINE_EXCEEDED,
              "the deadline passed while the request waited for its batch"));
      return true;
    }
    return false;
  }

  /** Returns how many requests were dropped because their caller had left. */
  long cancelled() {
    return cancelled;
  }

  /** Returns how many requests were dropped because their deadline had passed. */
  long late() {
    return late;
  }
}
