package io.fairlead.internal.executor;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs each task on a virtual thread of its own; a task may be a batch of brief handlers.
 *
 * <p>The classes are found at run time, as Java 17 is the oldest supported and does not have them.
 * The number of running tasks is counted here, as there is no pool that would know: {@link #close}
 * and {@link #awaitEnd} need it. It has no bound; limits belong to admission.
 */
final class VirtualThreadExecutor extends HandlerExecutor {
  private final String name;
  private final ThreadFactory factory;
  private final AtomicInteger running = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean closed;

  VirtualThreadExecutor(String name) {
    this.name = name;
    this.factory = factory(name);
  }

  static boolean supported() {
    // 21 is the first release where they are no preview.
    return Runtime.version().feature() >= 21;
  }

  private static ThreadFactory factory(String name) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      Class<?> ofVirtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      MethodHandle start =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(ofVirtual));
      MethodHandle named =
          lookup.findVirtual(
              builder, "name", MethodType.methodType(builder, String.class, long.class));
      MethodHandle make =
          lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
      @Nullable Object made = make.invoke(named.invoke(start.invoke(), name + "-", 1L));
      if (made instanceof ThreadFactory found) {
        return found;
      }
      throw new IllegalStateException("Thread.ofVirtual() gave no thread factory but " + made);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(
          "virtual threads are missing in this Java " + Runtime.version(), e);
    }
  }

  @Override
  public void run(Runnable task) {
    // Counted before the look at closed, so that the end is never declared before this task's.
    running.incrementAndGet();
    if (closed) {
      leave();
      throw new RejectedExecutionException(name + " is closed");
    }
    boolean started = false;
    try {
      factory.newThread(() -> runCounted(task)).start();
      started = true;
    } finally {
      if (!started) {
        leave();
      }
    }
  }

  private void runCounted(Runnable task) {
    try {
      task.run();
    } finally {
      leave();
    }
  }

  private void leave() {
    if (running.decrementAndGet() == 0 && closed) {
      ended.countDown();
    }
  }

  @Override
  public void runStream(Runnable task) {
    run(task);
  }

  @Override
  public void close() {
    closed = true;
    if (running.get() == 0) {
      ended.countDown();
    }
  }

  @Override
  public boolean awaitEnd(Duration bound) throws InterruptedException {
    return ended.await(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public int running() {
    return running.get();
  }

  @Override
  public String toString() {
    return name + "[virtual]";
  }
}
