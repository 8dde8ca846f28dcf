package io.fairlead.registry.etcd;

/**
 * The one thread on which all state of a registry lives, with its clock and its timers. Nothing
 * that runs on it may block.
 */
interface EventLoop extends AutoCloseable {

  /** Runs the task on the loop's thread, after those handed in before it. Any thread may call. */
  void execute(Runnable task);

  /** Runs the task on the loop's thread once the delay has passed. */
  Timer schedule(long delayNanos, Runnable task);

  /** Returns a monotonic clock: moves with no jump of the wall clock. */
  long nanoTime();

  /** Returns whether the caller is on the loop's thread. */
  boolean inLoop();

  /** Drops all timers; tasks handed in later are ignored. */
  @Override
  void close();

  /** A task that waits for its time. */
  interface Timer {
    /** A timer that has nothing to cancel. */
    Timer NONE = () -> {};

    /** The task does not begin after this, if called on the loop. */
    void cancel();
  }
}
