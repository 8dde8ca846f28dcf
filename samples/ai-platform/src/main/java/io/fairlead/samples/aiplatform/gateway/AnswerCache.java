package io.fairlead.samples.aiplatform.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.observe.CallObserver;
import io.fairlead.policy.ResponseStore;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What deployed models have answered, so that the same image is not computed again: in memory, and
 * in a store if gateways share one.
 *
 * <p>The version of the model is part of the key, and a version never changes. So an answer of one
 * version is never given for another one.
 *
 * <p>No request fails with the store. It is asked for a short time, and left alone for a second
 * after a failure. Each failure is counted, and one a minute is logged.
 */
final class AnswerCache implements AutoCloseable {
  private static final int MAX = 1_000;
  private static final int THREADS = 4;
  private static final int WAITING = 256;
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final long PATIENCE_MILLIS = 50;
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long BETWEEN_LINES_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String gateway;
  private final @Nullable ResponseStore store;
  private final CallObserver observer;
  private final LongSupplier nanos;

  /** Guarded by itself. */
  private final Map<String, KeptAnswer> entries =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, KeptAnswer> eldest) {
          return size() > MAX;
        }
      };

  /** A store may block, and what it blocks is not to be a request. */
  private final ThreadPoolExecutor asking;

  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong nextLine;
  private volatile long pausedUntil;

  /** An answer and the time until which it is given. */
  private record KeptAnswer(Answer answer, long until) {}

  /**
   * @param gateway what others see as the origin of an answer
   * @param store null for memory alone
   * @param observer hears of each failure of the store
   * @param nanos a clock such as {@link System#nanoTime}
   */
  AnswerCache(
      String gateway, @Nullable ResponseStore store, CallObserver observer, LongSupplier nanos) {
    this.gateway = gateway;
    this.store = store;
    this.observer = observer;
    this.nanos = nanos;
    this.pausedUntil = nanos.getAsLong();
    this.nextLine = new AtomicLong(nanos.getAsLong());
    this.asking =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "answers");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Returns what a version of a model has answered to an image, if that is known. */
  Optional<Answer> find(String model, int version, String imageId) {
    String key = key(model, version, imageId);
    synchronized (entries) {
      KeptAnswer entry = entries.get(key);
      if (entry != null && nanos.getAsLong() - entry.until < 0) {
        return Optional.of(entry.answer);
      }
    }
    Optional<Answer> shared = ask(key);
    shared.ifPresent(answer -> remember(key, answer));
    return shared;
  }

  /** Keeps the answer of a model to an image. */
  void keep(String imageId, Answer computed) {
    String key = key(computed.getModel(), computed.getModelVersion(), imageId);
    Answer answer = computed.toBuilder().setCachedBy(gateway).build();
    remember(key, answer);
    ResponseStore shared = available();
    if (shared != null) {
      CompletableFuture<?> unused =
          begin(() -> shared.put(key, answer.toByteArray(), KEPT).toCompletableFuture())
              .whenComplete(
                  (done, failure) -> {
                    if (failure != null) {
                      failed("put", failure);
                    }
                  });
    }
  }

  private static String key(String model, int version, String imageId) {
    return "answer:" + model + ":" + version + ":" + imageId;
  }

  private void remember(String key, Answer answer) {
    synchronized (entries) {
      entries.put(key, new KeptAnswer(answer, nanos.getAsLong() + KEPT.toNanos()));
    }
  }

  /** Returns the store if there is one that may be asked now. */
  private @Nullable ResponseStore available() {
    return nanos.getAsLong() - pausedUntil >= 0 ? store : null;
  }

  private Optional<Answer> ask(String key) {
    ResponseStore shared = available();
    if (shared == null) {
      return Optional.empty();
    }
    try {
      byte[] bytes =
          begin(() -> shared.get(key).toCompletableFuture())
              .get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return bytes == null ? Optional.empty() : Optional.of(Answer.parseFrom(bytes));
    } catch (ExecutionException | InvalidProtocolBufferException e) {
      failed("get", e);
    } catch (TimeoutException e) {
      failed("get", new TimeoutException("no answer within " + PATIENCE_MILLIS + " ms"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  /** A question to the store. */
  private interface Question<T> {
    CompletableFuture<T> begin();
  }

  /** Begins a question on a thread that may block. */
  private <T extends @Nullable Object> CompletableFuture<T> begin(Question<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      asking.execute(
          () -> {
            try {
              CompletableFuture<T> unused =
                  question
                      .begin()
                      .whenComplete(
                          (value, failure) -> {
                            if (failure == null) {
                              answer.complete(value);
                            } else {
                              answer.completeExceptionally(failure);
                            }
                          });
            } catch (RuntimeException e) {
              answer.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) { // too many wait
      answer.completeExceptionally(e);
    }
    return answer;
  }

  private void failed(String operation, Throwable failure) {
    Throwable why =
        (failure instanceof ExecutionException || failure instanceof CompletionException)
                && failure.getCause() != null
            ? failure.getCause()
            : failure;
    long now = nanos.getAsLong();
    pausedUntil = now + PAUSE_NANOS;
    long count = failures.incrementAndGet();
    observer.responseStoreFailed("answers", operation, why);
    long next = nextLine.get();
    if (now - next >= 0 && nextLine.compareAndSet(next, now + BETWEEN_LINES_NANOS)) {
      System.getLogger(AnswerCache.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the shared store of answers, {0}, failed at {1}: {2}; models are asked, and the store"
                  + " is asked again after 1 s ({3} failures so far)",
              store,
              operation,
              why,
              count);
    }
  }

  @Override
  public void close() {
    asking.shutdownNow();
  }
}
