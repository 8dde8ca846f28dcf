package io.fairlead;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A sequence of messages that its reader pulls, one at a time.
 *
 * <p>A source is read once, by one thread at a time; {@link #close} may come from any thread.
 * Reading blocks until a message is there; what is not read is not sent, so a slow reader slows the
 * producer on the other machine. A failure is thrown by the read that follows the last message
 * before it.
 *
 * <p>Read it to its end, or close it: an open source holds its call.
 *
 * <pre>{@code
 * try (Source<StockLevel> levels = inventory.watch(request)) {
 *   for (StockLevel level : levels) { ... }
 * }
 * }</pre>
 */
public interface Source<T> extends Iterable<T>, AutoCloseable {

  /**
   * The next message, or null at the end.
   *
   * @throws RpcException if the call failed, or the source was closed; an interrupt closes it
   */
  @Nullable T read();

  /** Says that nothing more will be read: the producer is cancelled. Does nothing at the end. */
  @Override
  void close();

  /**
   * Hands every message to {@code out}, on the calling thread, until the end.
   *
   * @throws Exception what reading or {@code out} throws; the source is then closed
   */
  default void sendTo(Out<? super T> out) throws Exception {
    try (this) {
      for (T message = read(); message != null; message = read()) {
        out.send(message);
      }
    }
  }

  /** Reads the source; may be asked for once. */
  @Override
  default Iterator<T> iterator() {
    return new SourceIterator<>(this);
  }

  /** The same sequence with each message replaced. The function runs on the reader's thread. */
  default <U> Source<U> map(Function<? super T, ? extends U> function) {
    return new MappedSource<>(this, function);
  }

  /** The messages as a stream, which closes this source when it is closed. */
  default Stream<T> stream() {
    int ordered = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator(), ordered), false)
        .onClose(this::close);
  }

  /** Reads to the end and keeps everything. For sequences that are known to be short. */
  default List<T> toList() {
    List<T> all = new ArrayList<>();
    try (this) {
      for (T message = read(); message != null; message = read()) {
        all.add(message);
      }
    }
    return all;
  }

  /** The given messages. */
  @SafeVarargs
  static <T> Source<T> of(T... messages) {
    List<T> copy = new ArrayList<>(messages.length);
    for (T message : messages) {
      copy.add(message);
    }
    return from(copy);
  }

  /** The messages of a collection. Sent without a thread of its own. */
  static <T> Source<T> from(Collection<? extends T> messages) {
    return new CollectionSource<>(messages);
  }

  /** What an iterator gives. It may block: one extra thread reads it when a client sends it. */
  static <T> Source<T> from(Iterator<? extends T> messages) {
    return new IteratorSource<>(messages, () -> {});
  }

  /** What a stream gives; the stream is closed at the end. It may block, as an iterator may. */
  static <T> Source<T> from(Stream<? extends T> messages) {
    return new IteratorSource<>(messages.iterator(), messages::close);
  }

  /**
   * What a function sends. It runs when the source is read: on the handler's own thread in a
   * server's answer, on one extra thread elsewhere. {@code send} waits while the reader is behind,
   * and throws when it has gone.
   */
  static <T> Source<T> from(Generator<T> generator) {
    return new GeneratorSource<>(generator);
  }

  /** A pipe for messages that depend on what is read meanwhile. */
  static <T> Pipe<T> pipe() {
    return new Pipe<>(Pipe.DEFAULT_CAPACITY);
  }

  /** A source whose first read fails. */
  static <T> Source<T> failed(RuntimeException failure) {
    Objects.requireNonNull(failure, "failure");
    return from(
        out -> {
          throw failure;
        });
  }

  /** Produces messages by sending them. */
  @FunctionalInterface
  interface Generator<T> {
    void generate(Out<T> out) throws Exception;
  }

  /** Where messages are sent. */
  @FunctionalInterface
  interface Out<T> {
    /**
     * Sends one message; waits while the receiver is behind.
     *
     * @throws RpcException if nobody receives any more: the call has ended
     * @throws InterruptedException if the thread is interrupted, as it is when the call is
     *     cancelled
     */
    void send(T message) throws InterruptedException;
  }
}
