package io.fairlead.bench.grpc;

import io.fairlead.bench.v1.EchoAsync;
import io.fairlead.bench.v1.Payload;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** One message at a time to and fro: each answer sends the next request, on the event loop. */
final class Rally implements Flow.Publisher<Payload>, Flow.Subscription, Flow.Subscriber<Payload> {
  private final Payload message;
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private Flow.@Nullable Subscriber<? super Payload> requests;
  private int left;
  private long asked;
  private boolean due = true;

  private Rally(Payload message, int rounds) {
    this.message = message;
    this.left = rounds;
  }

  /** Plays it to its end. */
  static void play(EchoAsync echo, Payload message, int rounds) throws Exception {
    Rally rally = new Rally(message, rounds);
    echo.pingPong(rally).subscribe(rally);
    rally.ended.get();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super Payload> subscriber) {
    requests = subscriber;
    subscriber.onSubscribe(this);
  }

  @Override
  public void request(long count) {
    synchronized (this) {
      asked += count;
    }
    sendIfDue();
  }

  @Override
  public void cancel() {
    // The end comes with onError or onComplete.
  }

  @Override
  public void onSubscribe(Flow.Subscription answers) {
    answers.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(Payload answer) {
    synchronized (this) {
      due = --left > 0;
    }
    if (due) {
      sendIfDue();
    } else {
      Objects.requireNonNull(requests).onComplete();
    }
  }

  private void sendIfDue() {
    synchronized (this) {
      if (!due || asked == 0) {
        return;
      }
      due = false;
      asked--;
    }
    Objects.requireNonNull(requests).onNext(message);
  }

  @Override
  public void onError(Throwable failure) {
    ended.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    ended.complete(null);
  }
}
