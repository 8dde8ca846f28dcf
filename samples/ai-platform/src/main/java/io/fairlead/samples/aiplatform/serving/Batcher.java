package io.fairlead.samples.aiplatform.serving;

import io.fairlead.RpcException;
import io.grpc.Status;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Runs waiting requests together, on a thread of its own. */
final class Batcher implements AutoCloseable {

  /** Turns rows of features into rows of probabilities. */
  @FunctionalInterface
  interface Model {
    float[][] run(float[][] rows) throws Exception;
  }

  /**
   * What was done so far.
   *
   * @param busyNanos how long the model ran, in all
   * @param waiting requests that wait now
   * @param cancelled requests dropped because their caller had left
   * @param late requests dropped because their deadline had passed
   * @param shed requests that found no place, or waited too long
   */
  record Counts(
      long batches, long rows, long busyNanos, int waiting, long cancelled, long late, long shed) {}

  private final Model model;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Guarded by the lock, as are the counts and whether it is closed. */
  private final BatchQueue queue;

  private long batches;
  private long rows;
  private long busyNanos;
  private boolean closed;
  private final Thread worker;

  Batcher(Model model, BatchQueue queue) {
    this.model = model;
    this.queue = queue;
    this.worker = new Thread(this::work, "batches");
    worker.setDaemon(true);
    worker.start();
  }

  /** Adds a request. Its answer comes on the thread that runs the batches. */
  void submit(InferenceTask task) {
    lock.lock();
    try {
      boolean first = queue.isEmpty();
      if (closed) {
        task.fail(RpcException.answer(Status.Code.UNAVAILABLE, "the model server ends"));
      } else if (queue.offer(task)) {
        // Any other request makes no batch due earlier, and would wake the worker for nothing.
        if (first || queue.isFull()) {
          changed.signal();
        }
      } else {
        task.fail(queue.full());
      }
    } finally {
      lock.unlock();
    }
  }

  Counts counts() {
    lock.lock();
    try {
      return new Counts(
          batches, rows, busyNanos, queue.size(), queue.cancelled(), queue.late(), queue.shed());
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    try {
      while (true) {
        List<InferenceTask> batch = next();
        if (batch.isEmpty()) {
          return;
        }
        run(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for a batch; an empty one says that there will be no other. */
  private List<InferenceTask> next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        if (queue.isEmpty()) {
          if (closed) {
            return List.of();
          }
          changed.await();
          continue;
        }
        long wait = closed ? 0 : queue.nanosUntilDue(System.nanoTime());
        if (wait > 0) {
          long unused = changed.awaitNanos(wait);
          continue;
        }
        List<InferenceTask> batch = queue.take(System.nanoTime());
        if (!batch.isEmpty()) {
          batches++;
          rows += count(batch);
          return batch;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static int count(List<InferenceTask> batch) {
    return batch.stream().mapToInt(task -> task.rows().length).sum();
  }

  private void run(List<InferenceTask> batch) {
    float[][] all =
        batch.stream().flatMap(task -> Arrays.stream(task.rows())).toArray(float[][]::new);
    float[][] results;
    long begin = System.nanoTime();
    try {
      results = model.run(all);
    } catch (Exception e) {
      System.getLogger(Batcher.class.getName()).log(System.Logger.Level.ERROR, "a batch failed", e);
      RuntimeException failure =
          RpcException.answer(Status.Code.INTERNAL, "the model failed: " + e.getMessage());
      batch.forEach(task -> task.fail(failure));
      return;
    }
    busy(System.nanoTime() - begin);
    int from = 0;
    for (InferenceTask task : batch) {
      int to = from + task.rows().length;
      task.complete(Arrays.copyOfRange(results, from, to), all.length);
      from = to;
    }
  }

  private void busy(long nanos) {
    lock.lock();
    try {
      busyNanos += nanos;
    } finally {
      lock.unlock();
    }
  }

  /** Runs what waits, and then ends. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      worker.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
