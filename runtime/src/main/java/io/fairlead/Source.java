package io.fairlead;

import com.google.common.collect.AbstractIterator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
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
 * before it. An interrupt of the reading thread closes the source.
 *
 * <p>Read it to its end, or close it: an open source holds its call. A source that is garbage
 * before that is closed, with a warning in the log that names where it was opened.
 *
 * <pre>{@code
 * try (Source<StockLevel> levels = inventory.watch(request)) {
 *   for (StockLevel level : levels) { ... }
 * }
 * }</pre>
 */
public abstract class Source<T> implements Iterable<T>, AutoCloseable {
  private final AtomicReference<@Nullable String> taken = new AtomicReference<>();

  /** For the runtime; an application makes its sources with the factories here. */
  protected Source() {}

  /**
   * Returns the next message, or null at the end.
   *
   * @throws RpcException if the call failed, the source was closed, or the thread was interrupted
   */
  public abstract @Nullable T read();

  /** Says that nothing more will be read: the producer is cancelled. Does nothing at the end. */
  @Override
  public abstract void close();

  /**
   * Does the same as {@link #sendTo}, for a reader that has taken the source already. For the
   * runtime.
   */
  public void transferTo(Out<? super T> out) throws Exception {
    try (this) {
      for (T message = read(); message != null; message = read()) {
        out.send(message);
      }
    }
  }

  /**
   * Takes the source for its one reader. Called by whatever reads a source to its end; a plain
   * {@link #read} needs it not.
   *
   * @param reader the name of the reader, for the message of an error
   * @throws IllegalStateException if it is taken already
   */
  public final void take(String reader) {
    if (!taken.compareAndSet(null, reader)) {
      throw new IllegalStateException(
          this + " is read once, and " + taken.get() + " reads it; " + reader + " came second");
    }
  }

  /**
   * Hands every message to {@code out}, on the calling thread, until the end.
   *
   * @throws Exception what reading or {@code out} throws; the source is then closed
   */
  public final void sendTo(Out<? super T> out) throws Exception {
    take("sendTo()");
    transferTo(out);
  }

  /** Reads the source. May be asked for once. */
  @Override
  public final Iterator<T> iterator() {
    take("iterator()");
    // It keeps the source reachable, and with it the call, for as long as somebody iterates.
    return new AbstractIterator<>() {
      @Override
      protected @Nullable T computeNext() {
        T message = read();
        return message == null ? endOfData() : message;
      }
    };
  }

  /**
   * Returns the same sequence with each message replaced. The function runs on the reader's thread.
   */
  public final <U> Source<U> map(Function<? super T, ? extends U> function) {
    Objects.requireNonNull(function, "function");
    take("map()");
    return new MappedSource<>(this, function);
  }

  /** Returns the messages as a stream, which closes this source when it is closed. */
  public final Stream<T> stream() {
    int ordered = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator(), ordered), false)
        .onClose(this::close);
  }

  /**
   * The messages for the one subscriber of an async client or handler: {@code
   * Source.of(one).publisher()}. Cold; nothing is read before it is wanted. A source that may block
   * takes an extra thread while it is read.
   */
  public final Flow.Publisher<T> publisher() {
    return new SourcePublisher<>(this);
  }

  /** Reads to the end and keeps everything. For sequences that are known to be short. */
  public final List<T> toList() {
    take("toList()");
    List<T> all = new ArrayList<>();
    try (this) {
      for (T message = read(); message != null; message = read()) {
        all.add(message);
      }
    }
    return all;
  }

  /** Returns the given messages. */
  @SafeVarargs
  public static <T> Source<T> of(T... messages) {
    List<T> copy = new ArrayList<>(messages.length);
    for (T message : messages) {
      copy.add(message);
    }
    return from(copy);
  }

  /** Returns the messages of a collection. Sent from callbacks, without a thread. */
  public static <T> Source<T> from(Collection<? extends T> messages) {
    return new CollectionSource<>(messages);
  }

  /**
   * Returns the elements of an iterator. It may block: a client that sends it takes one extra
   * thread.
   */
  public static <T> Source<T> from(Iterator<? extends T> messages) {
    return new IteratorSource<>(messages, () -> {});
  }

  /**
   * Returns the elements of a stream; the stream is closed at the end. It may block, as an iterator
   * may.
   */
  public static <T> Source<T> from(Stream<? extends T> messages) {
    return new IteratorSource<>(messages.iterator(), messages::close);
  }

  /**
   * Returns the messages that a function sends. It runs when the source is read: on the handler's
   * own thread in a server's answer, on one extra thread elsewhere. {@code send} waits while the
   * reader is behind, and throws when it has gone.
   */
  public static <T> Source<T> from(Generator<T> generator) {
    return new GeneratorSource<>(generator);
  }

  /** Returns a pipe for messages that depend on what is read meanwhile. */
  public static <T> Pipe<T> pipe() {
    return new Pipe<>(Pipe.DEFAULT_CAPACITY);
  }

  /** Returns a source whose first read fails. */
  public static <T> Source<T> failed(RuntimeException failure) {
    Pipe<T> pipe = pipe();
    pipe.fail(Objects.requireNonNull(failure, "failure"));
    return pipe.source();
  }

  /**
   * A source that can also be read without blocking. The runtime moves its messages from callbacks,
   * with no thread of its own. Lists, pipes and the streams of calls are such sources.
   *
   * <p>{@link #poll} and {@link #isDone} are called by one thread at a time.
   */
  public abstract static class Pollable<T> extends Source<T> {
    /** For the runtime. */
    protected Pollable() {}

    /**
     * Returns the next message, or null when there is none now.
     *
     * @throws RuntimeException the failure that ends this source, after the messages before it
     */
    public abstract @Nullable T poll();

    /** Returns whether everything was polled and nothing will come. */
    public abstract boolean isDone();

    /**
     * Sets what to run, briefly and on any thread, whenever {@link #poll} or {@link #isDone} may
     * answer anew. Set once, by the one reader, who polls once of its own accord after that.
     */
    public abstract void onReadable(Runnable wake);

    /** Closes the source, and tells whoever still sends why. */
    public void abandon(RuntimeException reason) {
      close();
    }
  }

  /** Produces messages by sending them. */
  @FunctionalInterface
  public interface Generator<T> {
    /** Sends everything, then returns. What it throws, the reader sees. */
    void generate(Out<T> out) throws Exception;
  }

  /** Where messages are sent. */
  @FunctionalInterface
  public interface Out<T> {
    /**
     * Sends one message; waits while the receiver is behind.
     *
     * @throws RpcException if the call has ended, so nothing is received any more
     * @throws InterruptedException if the thread is interrupted, as it is when the call is
     *     cancelled
     */
    void send(T message) throws InterruptedException;
  }
}
