package io.fairlead.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Finds threads that a test started and did not stop. Take one before the test, ask it after:
 *
 * <pre>{@code
 * private final ThreadLeakCheck threads = ThreadLeakCheck.start();
 *
 * @AfterEach
 * void leavesNoThread() {
 *   threads.assertNoneLeft();
 * }
 * }</pre>
 *
 * <p>Virtual threads are not seen. Only useful where tests do not run side by side in one JVM.
 */
public final class ThreadLeakCheck {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** Kept by the JDK, JUnit or grpc-java for the whole JVM, whoever caused their start. */
  private static final List<String> SHARED =
      List.of(
          "grpc-shared-destroyer",
          "grpc-default-",
          "Common-Cleaner",
          "ForkJoinPool.commonPool",
          "process reaper",
          "Attach Listener",
          "surefire-",
          "junit-",
          "HttpClient-",
          "globalEventExecutor");

  private final Set<Thread> before = running();
  private final Predicate<Thread> ignored;
  private final Duration timeout;

  private ThreadLeakCheck(Predicate<Thread> ignored, Duration timeout) {
    this.ignored = ignored;
    this.timeout = timeout;
  }

  /** Remembers the threads that run now. */
  public static ThreadLeakCheck start() {
    return new ThreadLeakCheck(thread -> false, TIMEOUT);
  }

  /** Does the same as {@link #start()}, but threads that fit {@code ignored} may stay. */
  public static ThreadLeakCheck ignoring(Predicate<Thread> ignored) {
    return new ThreadLeakCheck(ignored, TIMEOUT);
  }

  static ThreadLeakCheck withTimeout(Duration timeout) {
    return withTimeout(timeout, thread -> false);
  }

  static ThreadLeakCheck withTimeout(Duration timeout, Predicate<Thread> ignored) {
    return new ThreadLeakCheck(ignored, timeout);
  }

  /**
   * Waits for threads that started since to end.
   *
   * @throws AssertionError with their stacks, when some are still there after a minute
   */
  public void assertNoneLeft() {
    long end = System.nanoTime() + timeout.toNanos();
    List<Thread> left = new ArrayList<>();
    for (Thread thread : running()) {
      if (!before.contains(thread) && !isShared(thread) && !ignored.test(thread)) {
        joinUntil(thread, end);
        if (thread.isAlive()) {
          left.add(thread);
        }
      }
    }
    if (!left.isEmpty()) {
      throw new AssertionError(
          left.size()
              + (left.size() == 1 ? " thread still runs " : " threads still run ")
              + DurationText.format(timeout)
              + " after the end:\n"
              + left.stream().map(ThreadLeakCheck::describe).collect(Collectors.joining("\n")));
    }
  }

  private static void joinUntil(Thread thread, long endNanos) {
    long millis = Math.max(1, (endNanos - System.nanoTime()) / 1_000_000);
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it runs tests beside this one: JUnit's pool starts its threads as it needs them. */
  private static boolean isBeside(Thread thread) {
    return thread instanceof ForkJoinWorkerThread one
        && Thread.currentThread() instanceof ForkJoinWorkerThread own
        && one.getPool() == own.getPool();
  }

  private static boolean isShared(Thread thread) {
    String group = thread.getThreadGroup() == null ? "system" : thread.getThreadGroup().getName();
    return group.equals("system")
        || group.equals("InnocuousThreadGroup")
        // The pool below all virtual threads, and since Java 25 its timer.
        || thread.getClass().getName().equals("jdk.internal.misc.CarrierThread")
        || isBeside(thread)
        || thread.getName().endsWith("-delayScheduler")
        || SHARED.stream().anyMatch(thread.getName()::startsWith);
  }

  private static Set<Thread> running() {
    return Set.copyOf(Thread.getAllStackTraces().keySet());
  }

  private static String describe(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .limit(12)
        .map(frame -> "    at " + frame)
        .collect(
            Collectors.joining(
                "\n", "\"" + thread.getName() + "\" " + thread.getState() + "\n", ""));
  }
}
