package io.fairlead.bench.grpc;

import io.fairlead.Pipe;
import io.fairlead.Source;
import io.fairlead.bench.BenchClient;
import io.fairlead.bench.Completion;
import io.fairlead.bench.v1.Echo;
import io.fairlead.bench.v1.EchoAsync;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Calls through our generated clients. */
final class FairleadClient implements BenchClient {
  private final Runnable close;
  private final Echo echo;
  private final EchoAsync async;
  private final List<Held> held = new ArrayList<>();

  FairleadClient(Channel channel, Runnable close) {
    this.close = close;
    this.echo = EchoRpc.client(channel);
    this.async = EchoRpc.asyncClient(channel);
  }

  @Override
  public Payload unary(Payload request) {
    return echo.unary(request);
  }

  @Override
  public void unaryAsync(Payload request, Completion done) {
    async.unary(request).whenComplete((answer, failure) -> done.ended(failure));
  }

  @Override
  public long stream(Payload message, int messages) {
    long came = 0;
    try (Source<Payload> answers = echo.stream(request(message, messages))) {
      while (answers.read() != null) {
        came++;
      }
    }
    return came;
  }

  @Override
  public long observe(Payload message, int messages) throws Exception {
    Count count = new Count();
    async.stream(request(message, messages)).subscribe(count);
    return count.ended.get();
  }

  private static StreamRequest request(Payload message, int messages) {
    return StreamRequest.newBuilder().setMessage(message).setMessages(messages).build();
  }

  @Override
  public void pingPong(Payload message, int rounds) throws Exception {
    Rally.play(async, message, rounds);
  }

  @Override
  public void holdStream(Payload message) throws Exception {
    Pipe<Payload> requests = Source.pipe();
    Source<Payload> answers = echo.pingPong(requests.source());
    requests.send(message);
    if (answers.read() == null) {
      throw new IllegalStateException("The other side ended at once");
    }
    held.add(new Held(requests, answers));
  }

  /** Called by one thread at a time. */
  private static final class Count implements Flow.Subscriber<Payload> {
    private final CompletableFuture<Long> ended = new CompletableFuture<>();
    private long came;

    @Override
    public void onSubscribe(Flow.Subscription answers) {
      answers.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Payload message) {
      came++;
    }

    @Override
    public void onError(Throwable failure) {
      ended.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      ended.complete(came);
    }
  }

  private record Held(Pipe<Payload> requests, Source<Payload> answers) {}

  @Override
  public void close() {
    close.run();
  }
}
