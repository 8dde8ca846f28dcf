package io.fairlead.samples.aiplatform.story;

import com.google.rpc.RetryInfo;
import io.fairlead.RpcException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes calls for a while, in the two ways in which callers come. */
final class Traffic {
  private Traffic() {}

  /** What is called. */
  interface Calls {
    /** Begins a call; {@code number} counts them from 0. */
    CompletionStage<?> begin(int number);

    /** Returns where the outcome of a call is counted. */
    Load load(int number);
  }

  /** Returns calls that are all counted in one place. */
  static Calls counted(Load load, Call call) {
    return new Calls() {
      @Override
      public CompletionStage<?> begin(int number) {
        return call.begin(number);
      }

      @Override
      public Load load(int ignored) {
        return load;
      }
    };
  }

  /** Begins a call. */
  @FunctionalInterface
  interface Call {
    CompletionStage<?> begin(int number);
  }

  /**
   * A fixed number of callers: when a call ends, the next begins. One that was refused waits for as
   * long as its refusal says. Returns the answered calls of a second.
   */
  static double callers(int callers, Duration window, Load load, Call call)
      throws InterruptedException {
    Semaphore places = new Semaphore(callers);
    int before = load.answered();
    long begin = System.nanoTime();
    for (int i = 0; System.nanoTime() - begin < window.toNanos(); i++) {
      places.acquire();
      long start = System.nanoTime();
      CompletableFuture<?> unused =
          call.begin(i)
              .whenComplete(
                  (answer, failure) -> {
                    load.end(start, failure);
                    long wait = pause(failure);
                    if (wait == 0) {
                      places.release();
                    } else {
                      CompletableFuture.delayedExecutor(wait, TimeUnit.MILLISECONDS)
                          .execute(places::release);
                    }
                  })
              .toCompletableFuture();
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    int answered = load.answered() - before;
    places.acquire(callers);
    return answered / seconds;
  }

  /** Returns how long a server asks a caller that it refused to stay away, in milliseconds. */
  private static long pause(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    return cause instanceof RpcException e
        ? e.detail(RetryInfo.class)
            .map(
                hint ->
                    hint.getRetryDelay().getSeconds() * 1_000
                        + hint.getRetryDelay().getNanos() / 1_000_000)
            .orElse(0L)
        : 0;
  }

  /**
   * Callers that come at a steady rate, whether or not those before were answered. Waits for the
   * ends of all calls. Returns the seconds until then.
   */
  static double steady(double perSecond, Duration window, Calls calls) throws InterruptedException {
    List<CompletableFuture<?>> begun = new ArrayList<>();
    long begin = System.nanoTime();
    double gap = 1e9 / perSecond;
    for (int i = 0; i * gap < window.toNanos(); i++) {
      long wait = (long) (begin + i * gap) - System.nanoTime();
      if (wait > 100_000) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      Load load = calls.load(i);
      long start = System.nanoTime();
      begun.add(
          calls
              .begin(i)
              .handle(
                  (answer, failure) -> {
                    load.end(start, failure);
                    return "";
                  })
              .toCompletableFuture());
    }
    begun.forEach(CompletableFuture::join);
    return (System.nanoTime() - begin) / 1e9;
  }
}
