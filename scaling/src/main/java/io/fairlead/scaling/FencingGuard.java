package io.fairlead.scaling;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Refuses orders of deciders that have a successor. The greatest token is kept in memory, or in a
 * file where several processes give orders.
 */
final class FencingGuard {
  /**
   * One for each file: a process that locks a file twice at once gets an exception, and no wait.
   */
  private static final Map<Path, Object> FILES = new ConcurrentHashMap<>();

  private final @Nullable Path file;

  /** Guarded by this object's lock. */
  private long greatest;

  FencingGuard(@Nullable Path file) {
    this.file = file;
  }

  /** What an order does. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /**
   * Carries out an order, unless a greater token came before. Orders wait for each other, also
   * those of other processes, so that none acts on a check that is out of date.
   */
  void run(Actuator.Order order, Work work) throws IOException {
    if (file == null) {
      synchronized (this) {
        greatest = checked(order, greatest, "restart the process that gave this answer");
        work.run();
      }
      return;
    }
    synchronized (FILES.computeIfAbsent(file.toAbsolutePath().normalize(), path -> new Object())) {
      runWith(file, order, work);
    }
  }

  private static void runWith(Path file, Actuator.Order order, Work work) throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      long seen = read(channel, file);
      long next = checked(order, seen, "remove the file " + file);
      if (next != seen) {
        write(channel, next);
      }
      work.run();
      assert lock.isValid();
    } catch (OverlappingFileLockException e) {
      throw new IOException(
          "another order of this process uses %s at this time, by another name".formatted(file), e);
    }
  }

  private static long checked(Actuator.Order order, long seen, String wayOut)
      throws StaleOrderException {
    if (order.fencingToken() < seen) {
      throw new StaleOrderException(order.fencingToken(), seen, wayOut);
    }
    return order.fencingToken();
  }

  private static long read(FileChannel channel, Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(32);
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      // Until the end of the file.
    }
    String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).strip();
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException(
          "the file of the fencing token, %s, has \"%s\" in place of a number; remove it if no other decider runs"
              .formatted(file, text),
          e);
    }
  }

  private static void write(FileChannel channel, long token) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((token + "\n").getBytes(StandardCharsets.US_ASCII));
    channel.position(0);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.truncate(bytes.limit());
    channel.force(true);
  }
}
