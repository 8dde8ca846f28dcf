package io.fairlead.bench.dubbo;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.Completion;
import io.fairlead.bench.v1.Echo;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.dubbo.common.stream.StreamObserver;
import org.apache.dubbo.rpc.RpcException;
import org.jspecify.annotations.Nullable;

/** Calls through the generated client. */
final class DubboClient implements BenchClient {
  private final Echo echo;
  private final Runnable close;
  private final List<StreamObserver<Payload>> held = new ArrayList<>();

  DubboClient(Echo echo, Runnable close) {
    this.echo = echo;
    this.close = close;
  }

  @Override
  public Payload unary(Payload request) {
    return echo.unary(request);
  }

  @Override
  public void unaryAsync(Payload request, Completion done) {
    CompletableFuture<Payload> answer;
    try {
      answer = echo.unaryAsync(request);
    } catch (RpcException e) { // thrown at once when Dubbo holds the server for unreachable
      done.ended(e);
      return;
    }
    CompletableFuture<Payload> unused =
        answer.whenComplete((payload, failure) -> done.ended(failure));
  }

  @Override
  public long observe(Payload message, int messages) throws Exception {
    Counting counting = new Counting();
    echo.stream(
        StreamRequest.newBuilder().setMessage(message).setMessages(messages).build(), counting);
    return counting.ended.get();
  }

  @Override
  public void pingPong(Payload message, int rounds) throws Exception {
    Rally rally = new Rally(message, rounds);
    rally.start(echo.pingPong(rally));
    rally.ended.get();
  }

  @Override
  public void holdStream(Payload message) throws Exception {
    First first = new First();
    StreamObserver<Payload> requests = echo.pingPong(first);
    requests.onNext(message);
    Payload unused = first.answer.get();
    held.add(requests);
  }

  @Override
  public void close() {
    close.run();
  }

  private static final class First implements StreamObserver<Payload> {
    final CompletableFuture<Payload> answer = new CompletableFuture<>();

    @Override
    public void onNext(Payload came) {
      answer.complete(came);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      answer.completeExceptionally(new IllegalStateException("The other side ended at once"));
    }
  }

  private static final class Counting implements StreamObserver<Payload> {
    final CompletableFuture<Long> ended = new CompletableFuture<>();
    private long came;

    @Override
    public void onNext(Payload answer) {
      came++;
    }

    @Override
    public void onError(Throwable failure) {
      ended.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      ended.complete(came);
    }
  }

  private static final class Rally implements StreamObserver<Payload> {
    final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private final Payload message;
    private int left;
    private @Nullable StreamObserver<Payload> requests;

    Rally(Payload message, int rounds) {
      this.message = message;
      this.left = rounds;
    }

    void start(StreamObserver<Payload> to) {
      requests = to;
      to.onNext(message);
    }

    @Override
    public void onNext(Payload answer) {
      StreamObserver<Payload> to = Objects.requireNonNull(requests);
      if (--left > 0) {
        to.onNext(message);
      } else {
        to.onCompleted();
      }
    }

    @Override
    public void onError(Throwable failure) {
      ended.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      ended.complete(null);
    }
  }
}
