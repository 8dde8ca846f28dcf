package io.fairlead.samples.aiplatform.story;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Makes the environment of Python on a thread of its own, as its first time takes a minute and most
 * chapters need none.
 */
final class PythonSetup implements AutoCloseable {
  private final FutureTask<Python> task;
  private final Thread thread;
  private final long begin = System.nanoTime();

  private PythonSetup(Path sample, String path) {
    task = new FutureTask<>(() -> Python.prepare(sample, path));
    thread = new Thread(task, "python-setup");
    thread.setDaemon(true);
  }

  /** Begins with it, as {@link Python#prepare} does. */
  static PythonSetup begin(Path sample, String path) {
    PythonSetup setup = new PythonSetup(sample, path);
    setup.thread.start();
    return setup;
  }

  /** Returns the environment once it is there. */
  Python await() throws Python.Missing, IOException, InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Python.Missing missing) {
        throw missing;
      }
      throw new IOException("the environment of Python was not made", e.getCause());
    }
  }

  /** Returns the seconds since it began. */
  double seconds() {
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Ends what is still being made, so that no installation outlives a story that ended early. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
