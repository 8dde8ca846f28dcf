package io.fairlead.server;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads for code that may block: virtual where the JDK has them. */
final class Workers {
  private Workers() {}

  static ExecutorService start() {
    if (Runtime.version().feature() >= 21) {
      try {
        return (ExecutorService)
            Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
      } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("this JDK's virtual threads cannot be reached", e);
      }
    }
    AtomicInteger count = new AtomicInteger();
    return Executors.newCachedThreadPool(
        task -> {
          Thread thread = new Thread(task, "fairlead-worker-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }
}
