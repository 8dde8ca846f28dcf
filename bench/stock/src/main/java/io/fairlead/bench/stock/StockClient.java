package io.fairlead.bench.stock;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.Completion;
import io.fairlead.bench.v1.EchoGrpc;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls through stock stubs. */
public final class StockClient implements BenchClient {
  private final boolean handTuned;
  private final EchoGrpc.EchoBlockingStub blocking;
  private final EchoGrpc.EchoFutureStub future;
  private final EchoGrpc.EchoStub async;
  private final List<StreamObserver<Payload>> held = new ArrayList<>();
  private final Runnable close;

  /**
   * @param handTuned as an expert calls: blocking calls wait on a future, which on a direct
   *     executor is cheaper than the blocking stub's own queue
   */
  public StockClient(ManagedChannel channel, boolean handTuned) {
    this(
        EchoGrpc.newBlockingStub(channel),
        EchoGrpc.newStub(channel),
        channel::shutdownNow,
        handTuned);
  }

  /** For stubs that a framework made. */
  public StockClient(EchoGrpc.EchoBlockingStub blocking, EchoGrpc.EchoStub async, Runnable close) {
    this(blocking, async, close, false);
  }

  private StockClient(
      EchoGrpc.EchoBlockingStub blocking,
      EchoGrpc.EchoStub async,
      Runnable close,
      boolean handTuned) {
    this.blocking = blocking;
    this.future = EchoGrpc.newFutureStub(async.getChannel());
    this.async = async;
    this.close = close;
    this.handTuned = handTuned;
  }

  @Override
  public Payload unary(Payload request) throws Exception {
    return handTuned
        ? future.withDeadlineAfter(10, TimeUnit.SECONDS).unary(request).get()
        : blocking.withDeadlineAfter(10, TimeUnit.SECONDS).unary(request);
  }

  @Override
  public void unaryAsync(Payload request, Completion done) {
    async
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .unary(
            request,
            new StreamObserver<>() {
              @Override
              public void onNext(Payload answer) {
                // The end counts.
              }

              @Override
              public void onError(Throwable failure) {
                done.ended(failure);
              }

              @Override
              public void onCompleted() {
                done.ended(null);
              }
            });
  }

  @Override
  public long observe(Payload message, int messages) throws Exception {
    Count count = new Count();
    async.stream(request(message, messages), count);
    return count.ended.get();
  }

  @Override
  public long stream(Payload message, int messages) {
    Iterator<Payload> answers = blocking.stream(request(message, messages));
    long came = 0;
    while (answers.hasNext()) {
      Payload unused = answers.next();
      came++;
    }
    return came;
  }

  private static StreamRequest request(Payload message, int messages) {
    return StreamRequest.newBuilder().setMessage(message).setMessages(messages).build();
  }

  @Override
  public void pingPong(Payload message, int rounds) throws Exception {
    CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    PingPong rally = new PingPong(message, rounds, ended);
    rally.start(async.pingPong(rally));
    ended.get();
  }

  @Override
  public void holdStream(Payload message) throws Exception {
    CompletableFuture<Payload> first = new CompletableFuture<>();
    StreamObserver<Payload> requests =
        async.pingPong(
            new StreamObserver<>() {
              @Override
              public void onNext(Payload answer) {
                first.complete(answer);
              }

              @Override
              public void onError(Throwable failure) {
                first.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                first.completeExceptionally(new IllegalStateException("ended at once"));
              }
            });
    requests.onNext(message);
    Payload unused = first.get();
    held.add(requests);
  }

  @Override
  public void close() {
    close.run();
  }

  /** Called by one thread at a time. */
  private static final class Count implements StreamObserver<Payload> {
    private final CompletableFuture<Long> ended = new CompletableFuture<>();
    private long came;

    @Override
    public void onNext(Payload message) {
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

  private static final class PingPong implements StreamObserver<Payload> {
    private final Payload message;
    private final CompletableFuture<@Nullable Void> ended;
    private int left;
    private @Nullable StreamObserver<Payload> requests;

    PingPong(Payload message, int rounds, CompletableFuture<@Nullable Void> ended) {
      this.message = message;
      this.left = rounds;
      this.ended = ended;
    }

    void start(StreamObserver<Payload> to) {
      requests = to;
      to.onNext(message);
    }

    @Override
    public void onNext(Payload answer) {
      StreamObserver<Payload> to = java.util.Objects.requireNonNull(requests);
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
