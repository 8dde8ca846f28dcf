package io.fairlead.bench.vertx;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.Completion;
import io.fairlead.bench.v1.EchoGrpcClient;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls through the generated client. */
@SuppressWarnings("FutureReturnValueIgnored") // the end of a call is heard through its answers
final class VertxClient implements BenchClient {
  private final List<GrpcClient> clients;

  /** All calls start here: a stream's messages would be lost before a handler that comes late. */
  private final Context context;

  private final EchoGrpcClient unary;
  private final EchoGrpcClient streams;
  private volatile boolean streamsConnected;

  VertxClient(Vertx vertx, HttpClientOptions options, int port) {
    this.context = vertx.getOrCreateContext();
    SocketAddress server = SocketAddress.inetSocketAddress(port, "127.0.0.1");
    // A timeout is a setting of a client, so the calls without one need another client.
    GrpcClient timed =
        client(
            vertx,
            options,
            new GrpcClientOptions()
                .setTimeout(10)
                .setTimeoutUnit(TimeUnit.SECONDS)
                .setScheduleDeadlineAutomatically(true));
    GrpcClient untimed = client(vertx, options, new GrpcClientOptions());
    this.unary = EchoGrpcClient.create(timed, server);
    this.streams = EchoGrpcClient.create(untimed, server);
    this.clients = List.of(timed, untimed);
  }

  private static GrpcClient client(
      Vertx vertx, HttpClientOptions transport, GrpcClientOptions calls) {
    return GrpcClient.builder(vertx)
        .with(transport)
        .with(calls.setMaxMessageSize(VertxVariant.MAX_MESSAGE_BYTES))
        .build();
  }

  @Override
  public Payload unary(Payload request) throws Exception {
    Promise<Payload> ended = Promise.promise();
    context.runOnContext(go -> unary.unary(request).onComplete(ended));
    return VertxVariant.await(ended.future());
  }

  @Override
  public void unaryAsync(Payload request, Completion done) {
    if (Vertx.currentContext() == context) {
      start(request, done);
    } else {
      context.runOnContext(go -> start(request, done));
    }
  }

  private void start(Payload request, Completion done) {
    unary.unary(request).onComplete((answer, failure) -> done.ended(failure));
  }

  @Override
  public long observe(Payload message, int messages) throws Exception {
    Promise<Long> ended = Promise.promise();
    streams.stream(StreamRequest.newBuilder().setMessage(message).setMessages(messages).build())
        .onComplete(answers -> new Counting(answers, ended), ended::tryFail);
    return VertxVariant.await(ended.future());
  }

  @Override
  public void pingPong(Payload message, int rounds) throws Exception {
    connectStreams(message);
    Promise<@Nullable Void> ended = Promise.promise();
    Rally rally = new Rally(message, rounds, ended);
    context.runOnContext(
        go -> streams.pingPong(rally::serve).onComplete(rally::listen, ended::tryFail));
    VertxVariant.await(ended.future());
  }

  @Override
  public void holdStream(Payload message) throws Exception {
    connectStreams(message);
    Promise<Payload> answered = Promise.promise();
    context.runOnContext(
        go ->
            streams
                .pingPong((requests, failure) -> start(requests, message))
                .onComplete(answers -> listen(answers, answered), answered::tryFail));
    Payload unused = VertxVariant.await(answered.future());
  }

  /** A stream in both directions never gets an answer where its own start makes the connection. */
  private void connectStreams(Payload message) throws Exception {
    if (!streamsConnected) {
      Payload unused = VertxVariant.await(streams.unary(message));
      streamsConnected = true;
    }
  }

  private static void start(@Nullable WriteStream<Payload> requests, Payload message) {
    if (requests != null) { // else the answers fail, too
      requests.write(message);
    }
  }

  private static void listen(ReadStream<Payload> answers, Promise<Payload> first) {
    answers
        .handler(first::tryComplete)
        .endHandler(end -> first.tryFail("The other side ended at once"))
        .exceptionHandler(first::tryFail);
  }

  @Override
  public void close() {
    clients.forEach(client -> client.close().toCompletionStage().toCompletableFuture().join());
  }

  private static final class Counting {
    private long came;

    Counting(ReadStream<Payload> answers, Promise<Long> ended) {
      answers
          .handler(answer -> came++)
          .endHandler(end -> ended.tryComplete(came))
          .exceptionHandler(ended::tryFail);
    }
  }

  private static final class Rally {
    private final Payload message;
    private final Promise<@Nullable Void> ended;
    private int left;
    private @Nullable WriteStream<Payload> requests;

    Rally(Payload message, int rounds, Promise<@Nullable Void> ended) {
      this.message = message;
      this.left = rounds;
      this.ended = ended;
    }

    void serve(@Nullable WriteStream<Payload> to, @Nullable Throwable failure) {
      if (to != null) {
        requests = to;
        to.write(message);
      }
    }

    void listen(ReadStream<Payload> answers) {
      answers
          .handler(answer -> back())
          .endHandler(end -> finish())
          .exceptionHandler(ended::tryFail);
    }

    private void back() {
      WriteStream<Payload> to = java.util.Objects.requireNonNull(requests);
      if (--left > 0) {
        to.write(message);
      } else {
        to.end();
      }
    }

    private void finish() {
      if (left == 0) {
        ended.tryComplete();
      } else {
        ended.tryFail("The other side ended with " + left + " rounds to go");
      }
    }
  }
}
