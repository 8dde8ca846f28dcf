package io.fairlead.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * What something that was closed may have left behind: threads, sockets and, where {@link
 * BufferLeakListener} is on, buffers of Netty. Take one before the thing is opened, ask it after.
 *
 * <p>Sockets are seen on Linux only. Only useful where tests do not run side by side in one JVM.
 */
public final class ResourceLeakCheck {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ThreadLeakCheck threads;
  private final Set<String> sockets = sockets();
  private final Duration timeout;

  private ResourceLeakCheck(ThreadLeakCheck threads, Duration timeout) {
    this.threads = threads;
    this.timeout = timeout;
  }

  /**
   * Remembers what there is now.
   *
   * @param mayStay threads that are known to stay
   */
  public static ResourceLeakCheck before(Predicate<Thread> mayStay) {
    return within(TIMEOUT, mayStay);
  }

  static ResourceLeakCheck within(Duration timeout, Predicate<Thread> mayStay) {
    BufferLeakListener.watchIfOn();
    openTheFirst();
    return new ResourceLeakCheck(ThreadLeakCheck.withTimeout(timeout, mayStay), timeout);
  }

  /** With the first socket of a process the JDK opens one of its own, which stays. */
  private static void openTheFirst() {
    try (SocketChannel first = SocketChannel.open()) {
      first.configureBlocking(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Waits for what is new since to go away.
   *
   * @throws AssertionError that names what is still there
   */
  public void assertNone() {
    threads.assertNoneLeft();
    assertNoSocket();
    BufferLeakListener.assertNoneSoFar();
  }

  private void assertNoSocket() {
    long end = System.nanoTime() + timeout.toNanos();
    Set<String> left = left();
    while (!left.isEmpty() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(5_000_000);
      left = left();
    }
    if (!left.isEmpty()) {
      throw new AssertionError(
          "still open after " + DurationText.format(timeout) + ": " + String.join(", ", left));
    }
  }

  private Set<String> left() {
    Set<String> now = sockets();
    now.removeAll(sockets);
    return now;
  }

  /** Sockets, and what selectors hold; by number, which the kernel gives only once. */
  private static Set<String> sockets() {
    Set<String> found = new TreeSet<>();
    if (!Files.isDirectory(OPEN_FILES)) {
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(OPEN_FILES)) {
      for (Path file : files) {
        String target = target(file);
        if (target.startsWith("socket:")) {
          found.add(target);
        } else if (target.contains("eventpoll") || target.contains("eventfd")) {
          found.add(file.getFileName() + " " + target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static String target(Path file) throws IOException {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (NoSuchFileException e) {
      // Closed since the listing, such as the one that the listing itself needs.
      return "";
    }
  }
}
