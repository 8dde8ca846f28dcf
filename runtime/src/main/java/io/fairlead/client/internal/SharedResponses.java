package io.fairlead.client.internal;

import com.google.common.hash.Hashing;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.fairlead.internal.Plural;
import io.fairlead.policy.ResponseStore;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The store that a channel shares with other processes, with what keeps it from harming calls: it
 * is asked on threads that may block, within a time, and left alone for a while after a failure.
 *
 * <p>A value is a version, the time when the response was made, how long it is fresh, and the
 * response. Times are of the wall clock, as processes share no other. Safe for use by several
 * threads; its numbers are counted without a lock, so that a limit may be passed by a few.
 */
final class SharedResponses {
  private static final System.Logger LOG = System.getLogger(SharedResponses.class.getName());

  static final long TIME_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long LOG_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Questions without an answer: threads that a store blocks for good are this many at most. */
  static final int MAX_PENDING = 256;

  private static final byte VERSION = 1;
  private static final int HEADER_BYTES = 1 + 2 * Long.BYTES;

  private final ResponseStore store;
  private final String target;
  private final CallEnvironment environment;
  private final CallObservers observers;
  private final LongSupplier wallMillis;
  private final AtomicInteger pending = new AtomicInteger();
  private final LongAdder failures = new LongAdder();
  private final AtomicLong nextLogNanos;
  private volatile long pausedUntilNanos;

  SharedResponses(
      ResponseStore store,
      String target,
      CallEnvironment environment,
      CallObservers observers,
      LongSupplier wallMillis) {
    this.store = store;
    this.target = target;
    this.environment = environment;
    this.observers = observers;
    this.wallMillis = wallMillis;
    this.pausedUntilNanos = environment.now();
    this.nextLogNanos = new AtomicLong(environment.now());
  }

  /**
   * What the store had.
   *
   * @param freshNanos how long after it was made it answers calls
   */
  record Shared(MessageLite response, long ageNanos, long freshNanos) {}

  /**
   * Returns the key in the store. It has a digest in place of requests and headers, which may be
   * long or secret, and the target, as another one may answer differently.
   */
  private String key(String method, ByteString key) {
    return method
        + ":"
        + Hashing.sha256()
            .newHasher()
            .putString(target, StandardCharsets.UTF_8)
            .putByte((byte) 0)
            .putBytes(key.asReadOnlyByteBuffer())
            .hash();
  }

  /**
   * Asks the store, and passes on what it has, or null. It is called once, on any thread, within
   * the time limit.
   */
  void get(
      MethodDescriptor<?, ?> method,
      ByteString key,
      long limitNanos,
      Consumer<@Nullable Shared> then) {
    long limit = Math.min(limitNanos, TIME_LIMIT_NANOS);
    AtomicBoolean told = new AtomicBoolean();
    Consumer<@Nullable Shared> once =
        found -> {
          if (told.compareAndSet(false, true)) {
            then.accept(found);
          }
        };
    if (!available()) {
      once.accept(null);
      return;
    }
    Future<?> timer =
        environment.schedule(
            () -> {
              if (told.compareAndSet(false, true)) {
                if (limit == TIME_LIMIT_NANOS) {
                  failed("get", new TimeoutException("no answer within 50ms"));
                }
                then.accept(null);
              }
            },
            limit);
    ask(
        "get",
        () -> store.get(key(method.getFullMethodName(), key)),
        (value, failure) -> {
          if (timer != null) {
            timer.cancel(false);
          }
          once.accept(failure != null || value == null ? null : read(method, value));
        });
  }

  /** Gives the store a response; what becomes of it is of no concern to the call. */
  void put(
      MethodDescriptor<?, ?> method,
      ByteString key,
      MessageLite response,
      long freshNanos,
      long keptNanos) {
    if (!available()) {
      return;
    }
    long madeMillis = wallMillis.getAsLong();
    ask(
        "put",
        () -> {
          byte[] message = response.toByteArray();
          byte[] value =
              ByteBuffer.allocate(HEADER_BYTES + message.length)
                  .put(VERSION)
                  .putLong(madeMillis)
                  .putLong(freshNanos)
                  .put(message)
                  .array();
          return store.put(
              key(method.getFullMethodName(), key), value, Duration.ofNanos(keptNanos));
        },
        (done, failure) -> {});
  }

  private boolean available() {
    return environment.now() - pausedUntilNanos >= 0 && pending.get() < MAX_PENDING;
  }

  /** What is told of an answer: a value, which may be null, or why there is none. */
  private interface Answer<T> {
    void tell(@Nullable T value, @Nullable Throwable failure);
  }

  private <T> void ask(
      String what, Supplier<? extends CompletionStage<? extends T>> question, Answer<T> answer) {
    pending.incrementAndGet();
    try {
      environment
          .callbacks()
          .execute(
              () -> {
                try {
                  question
                      .get()
                      .whenComplete((value, failure) -> answered(what, value, failure, answer));
                } catch (RuntimeException e) {
                  answered(what, null, e, answer);
                }
              });
    } catch (RuntimeException e) { // no thread takes it
      answered(what, null, e, answer);
    }
  }

  private <T> void answered(
      String what, @Nullable T value, @Nullable Throwable failure, Answer<T> answer) {
    pending.decrementAndGet();
    if (failure != null) {
      failed(
          what,
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure);
    }
    answer.tell(value, failure);
  }

  private @Nullable Shared read(MethodDescriptor<?, ?> method, byte[] value) {
    try {
      ByteBuffer buffer = ByteBuffer.wrap(value);
      byte version = buffer.get();
      if (version != VERSION) {
        return null; // of another release, which will have its own responses here
      }
      long age = TimeUnit.MILLISECONDS.toNanos(wallMillis.getAsLong() - buffer.getLong());
      long fresh = buffer.getLong();
      Object response =
          method.parseResponse(
              new ByteArrayInputStream(value, HEADER_BYTES, value.length - HEADER_BYTES));
      // A clock that is behind would give a negative age.
      return new Shared((MessageLite) response, Math.max(0, age), fresh);
    } catch (RuntimeException e) {
      failed("get", e);
      return null;
    }
  }

  /** Counts a failure, and leaves the store alone for a while. One line a minute is logged. */
  private void failed(String what, Throwable failure) {
    failures.increment();
    long now = environment.now();
    pausedUntilNanos = now + PAUSE_NANOS;
    observers.responseStoreFailed(target, what, failure);
    long next = nextLogNanos.get();
    if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + LOG_PAUSE_NANOS)) {
      LOG.log(
          Level.WARNING,
          "the response store "
              + store
              + " of the channel to "
              + target
              + " failed at "
              + what
              + "; calls go to their servers, and it is asked again after 1s ("
              + Plural.of(failures.sum(), "failure")
              + " so far)",
          failure);
    }
  }

  @Override
  public String toString() {
    return store.toString();
  }
}
