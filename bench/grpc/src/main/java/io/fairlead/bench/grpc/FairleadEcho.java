package io.fairlead.bench.grpc;

import io.fairlead.Source;
import io.fairlead.bench.v1.Echo;
import io.fairlead.bench.v1.EchoAsync;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** The service on our generated interfaces. */
final class FairleadEcho {
  private FairleadEcho() {}

  /** As most code is written: a function. */
  static final class Blocking implements Echo {
    @Override
    public Payload unary(Payload request) {
      return request;
    }

    @Override
    public Source<Payload> stream(StreamRequest request) {
      return Source.from(
          out -> {
            for (int i = 0; i < request.getMessages(); i++) {
              out.send(request.getMessage());
            }
          });
    }

    @Override
    public Source<Payload> pingPong(Source<Payload> requests) {
      return requests;
    }
  }

  /** Without blocking, on the event loop. */
  static final class Async implements EchoAsync {
    @Override
    public CompletionStage<Payload> unary(Payload request) {
      return CompletableFuture.completedFuture(request);
    }

    @Override
    public Flow.Publisher<Payload> stream(StreamRequest request) {
      return subscriber ->
          subscriber.onSubscribe(
              new Repeat(subscriber, request.getMessage(), request.getMessages()));
    }

    @Override
    public Flow.Publisher<Payload> pingPong(Flow.Publisher<Payload> requests) {
      return requests;
    }
  }

  /** Sends the same message as often as asked; its subscriber asks from one thread at a time. */
  private static final class Repeat implements Flow.Subscription {
    private final Flow.Subscriber<? super Payload> subscriber;
    private final Payload message;
    private int left;
    private long asked;
    private boolean sending;
    private boolean over;

    Repeat(Flow.Subscriber<? super Payload> subscriber, Payload message, int messages) {
      this.subscriber = subscriber;
      this.message = message;
      this.left = messages;
    }

    @Override
    public void request(long count) {
      asked = asked + count < 0 ? Long.MAX_VALUE : asked + count;
      if (sending) {
        return;
      }
      sending = true;
      while (!over && asked > 0 && left > 0) {
        asked--;
        left--;
        subscriber.onNext(message);
      }
      sending = false;
      if (!over && left == 0) {
        over = true;
        subscriber.onComplete();
      }
    }

    @Override
    public void cancel() {
      over = true;
    }
  }
}
