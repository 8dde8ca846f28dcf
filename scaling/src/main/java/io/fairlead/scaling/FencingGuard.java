package io.fairlead.scaling;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Refuses orders of deciders that have a successor. The greatest token is kept in memory, or in a
 * file where several processes give orders.
 */
final class FencingGuard {
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
  synchronized void run(Actuator.Order order, Work work) throws IOException {
    if (file == null) {
      greatest = checked(order, greatest);
      work.run();
      return;
    }
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      long seen = read(channel, file);
      long next = checked(order, seen);
      if (next != seen) {
        write(channel, next);
      }
      work.run();
      assert lock.isValid();
    }
  }

  private static long checked(Actuator.Order order, long seen) throws StaleOrderException {
    if (order.fencingToken() < seen) {
      throw new StaleOrderException(order.fencingToken(), seen);
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
