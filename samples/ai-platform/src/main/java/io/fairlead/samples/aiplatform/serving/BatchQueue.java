package io.fairlead.samples.aiplatform.serving;

import com.google.rpc.RetryInfo;
import io.fairlead.RpcException;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
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
 * <p>The queue is bounded in length and in time. A request that may not wait any longer is refused,
 * so that its caller hears of the overload, and need not take the server for one that hangs.
 *
 * <p>Not safe for use by several threads; {@link Batcher} has the lock. Times are those of one
 * clock, in nanoseconds.
 */
final class BatchQueue {
  private final int maxRows;
  private final long maxDelayNanos;
  private final int maxWaiting;
  private final Duration maxWait;

  /** By priority, the highest first; within one in the order of arrival. None is empty. */
  private final TreeMap<Integer, Deque<InferenceTask>> waiting = new TreeMap<>();

  private int tasks;
  private int rows;
  private long cancelled;
  private long late;
  private long shed;

  /**
   * @param maxRows rows of a batch, at most
   * @param maxDelay how long a request waits for others
   * @param maxWaiting requests that may wait; more are refused
   * @param maxWait how long a request may wait; one that has waited longer is refused
   */
  BatchQueue(int maxRows, Duration maxDelay, int maxWaiting, Duration maxWait) {
    this.maxRows = maxRows;
    this.maxDelayNanos = maxDelay.toNanos();
    this.maxWaiting = maxWaiting;
    this.maxWait = maxWait;
  }

  /**
   * Adds a request; false if too many wait. Where some of them have a lower priority, it takes the
   * place of the last of these, which fails.
   */
  boolean offer(InferenceTask task) {
    if (tasks >= maxWaiting && !shedBelow(task.priority())) {
      shed++;
      return false;
    }
    waiting.computeIfAbsent(task.priority(), level -> new ArrayDeque<>()).add(task);
    tasks++;
    rows += task.rows().length;
    return true;
  }

  /** Gives up the last request of the lowest priority, if it is lower than this one. */
  private boolean shedBelow(int priority) {
    Map.Entry<Integer, Deque<InferenceTask>> lowest = waiting.lastEntry();
    if (lowest == null || lowest.getKey() <= priority) {
      return false;
    }
    InferenceTask last = lowest.getValue().removeLast();
    if (lowest.getValue().isEmpty()) {
      waiting.remove(lowest.getKey());
    }
    remove(last);
    shed(last);
    return true;
  }

  private void remove(InferenceTask task) {
    tasks--;
    rows -= task.rows().length;
  }

  private void shed(InferenceTask task) {
    shed++;
    task.fail(full());
  }

  /** Returns the failure of a request that finds no place: with the time after which one may be. */
  RuntimeException full() {
    return RpcException.answer(
        Status.Code.RESOURCE_EXHAUSTED,
        "too many requests wait for this model",
        RetryInfo.newBuilder()
            .setRetryDelay(
                com.google.protobuf.Duration.newBuilder()
                    .setSeconds(maxWait.toSeconds())
                    .setNanos(maxWait.toNanosPart()))
            .build());
  }

  /** Returns how many requests wait. */
  int size() {
    return tasks;
  }

  boolean isEmpty() {
    return tasks == 0;
  }

  /** Returns whether a batch is due however short its requests have waited. */
  boolean isFull() {
    return rows >= maxRows;
  }

  /** Returns how long it is until a batch is due: 0 if one is. The queue must not be empty. */
  long nanosUntilDue(long now) {
    if (isFull()) {
      return 0;
    }
    long oldest = 0;
    for (Deque<InferenceTask> level : waiting.values()) {
      oldest = Math.max(oldest, now - level.element().arrival());
    }
    return Math.max(0, maxDelayNanos - oldest);
  }

  /**
   * Takes the requests of the next batch. One that is larger than a batch runs alone. May return
   * nothing, if all were dropped. Those that stay are refused if they have waited too long.
   */
  List<InferenceTask> take(long now) {
    List<InferenceTask> batch = batch(now);
    refuseOverdue(now);
    return batch;
  }

  private List<InferenceTask> batch(long now) {
    List<InferenceTask> batch = new ArrayList<>();
    int taken = 0;
    Iterator<Deque<InferenceTask>> levels = waiting.values().iterator();
    while (levels.hasNext()) {
      Deque<InferenceTask> level = levels.next();
      InferenceTask next;
      while ((next = level.peek()) != null) {
        boolean dropped = drop(next, now);
        if (!dropped && taken > 0 && taken + next.rows().length > maxRows) {
          return batch;
        }
        level.remove();
        remove(next);
        if (!dropped) {
          batch.add(next);
          taken += next.rows().length;
        }
      }
      levels.remove();
    }
    return batch;
  }

  /**
   * Also those that a stream of more urgent ones would keep from ever being looked at. What fits
   * into the batch is not refused: a server that stood still for a while is not overloaded.
   */
  private void refuseOverdue(long now) {
    Iterator<Deque<InferenceTask>> levels = waiting.values().iterator();
    while (levels.hasNext()) {
      Deque<InferenceTask> level = levels.next();
      InferenceTask oldest;
      while ((oldest = level.peek()) != null && now - oldest.arrival() > maxWait.toNanos()) {
        level.remove();
        remove(oldest);
        if (!drop(oldest, now)) {
          shed(oldest);
        }
      }
      if (level.isEmpty()) {
        levels.remove();
      }
    }
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

  /** Returns how many found no place, left it to one of a higher priority, or waited too long. */
  long shed() {
    return shed;
  }

  /** Returns how many requests were dropped because their deadline had passed. */
  long late() {
    return late;
  }
}
