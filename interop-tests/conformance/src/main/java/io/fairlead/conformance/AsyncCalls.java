package io.fairlead.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ConformanceServiceAsync;
import connectrpc.conformance.v1.ConformanceServiceRpc;
import connectrpc.conformance.v1.Service.BidiStreamRequest;
import connectrpc.conformance.v1.Service.BidiStreamResponse;
import connectrpc.conformance.v1.Service.ClientStreamRequest;
import connectrpc.conformance.v1.Service.ClientStreamResponse;
import connectrpc.conformance.v1.Service.ConformancePayload;
import connectrpc.conformance.v1.Service.ServerStreamRequest;
import connectrpc.conformance.v1.Service.ServerStreamResponse;
import connectrpc.conformance.v1.Service.UnaryRequest;
import connectrpc.conformance.v1.Service.UnaryResponse;
import connectrpc.conformance.v1.Service.UnimplementedRequest;
import io.fairlead.ResponseCapture;
import io.grpc.Status;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the calls of the cases with the generated client that does not block. */
final class AsyncCalls implements ConformanceClient.Calls {
  private final Channels channels;

  AsyncCalls(Channels channels) {
    this.channels = channels;
  }

  @Override
  public Conversation open(ClientCompatRequest wanted) throws IOException {
    ResponseCapture capture = new ResponseCapture();
    ConformanceServiceAsync client =
        ConformanceServiceRpc.asyncClient(channels.to(wanted, capture));
    return switch (wanted.getMethod()) {
      case "Unary" ->
          new OneAnswer<>(capture, UnaryRequest.class, client::unary, UnaryResponse::getPayload);
      case "Unimplemented" ->
          new OneAnswer<>(
              capture,
              UnimplementedRequest.class,
              client::unimplemented,
              none -> ConformancePayload.getDefaultInstance());
      case "ClientStream" -> new ClientStream(capture, client);
      case "ServerStream" -> new ServerStream(capture, client);
      case "BidiStream" -> new BidiStream(capture, client);
      default -> throw new IllegalArgumentException("no such method: " + wanted.getMethod());
    };
  }

  /** A call with one request and one answer. */
  private static final class OneAnswer<Q extends Message, R> extends Captured {
    private final Class<Q> type;
    private final Function<Q, CompletionStage<R>> method;
    private final Function<R, ConformancePayload> payload;
    private final CompletableFuture<Q> request = new CompletableFuture<>();
    private @Nullable CompletableFuture<R> answer;
    private boolean answered;

    OneAnswer(
        ResponseCapture capture,
        Class<Q> type,
        Function<Q, CompletionStage<R>> method,
        Function<R, ConformancePayload> payload) {
      super(capture);
      this.type = type;
      this.method = method;
      this.payload = payload;
    }

    @Override
    public void send(Any given) throws IOException {
      request.complete(given.unpack(type));
    }

    @Override
    public void finish() {
      answer = method.apply(request.join()).toCompletableFuture();
    }

    @Override
    public @Nullable ConformancePayload next() throws Exception {
      if (answered) {
        return null;
      }
      answered = true;
      return payload.apply(Objects.requireNonNull(answer).get());
    }

    @Override
    public void cancel() {
      Objects.requireNonNull(answer).cancel(true);
    }
  }

  private static final class ClientStream extends Captured {
    private final Outbox<ClientStreamRequest> requests = new Outbox<>();
    private final CompletableFuture<ClientStreamResponse> answer;
    private boolean answered;

    ClientStream(ResponseCapture capture, ConformanceServiceAsync client) {
      super(capture);
      answer = client.clientStream(requests).toCompletableFuture();
    }

    @Override
    public void send(Any request) throws IOException {
      requests.sendIfWanted(request.unpack(ClientStreamRequest.class));
    }

    @Override
    public void finish() {
      requests.end(null);
    }

    @Override
    public @Nullable ConformancePayload next() throws Exception {
      if (answered) {
        return null;
      }
      answered = true;
      return answer.get().getPayload();
    }

    @Override
    public void cancel() {
      answer.cancel(true);
    }
  }

  /** A call with many answers, asked for one at a time. */
  private abstract static class ManyAnswers<R> extends Captured implements Flow.Subscriber<R> {
    private final ResponseCapture capture;
    private final Arrivals<R> arrivals = new Arrivals<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private volatile boolean cancelled;

    ManyAnswers(ResponseCapture capture) {
      super(capture);
      this.capture = capture;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription.complete(given);
      given.request(1);
    }

    @Override
    public void onNext(R response) {
      arrivals.onNext(response);
    }

    @Override
    public void onError(Throwable failure) {
      arrivals.onError(failure);
    }

    @Override
    public void onComplete() {
      arrivals.onCompleted();
    }

    abstract ConformancePayload payload(R response);

    @Override
    public @Nullable ConformancePayload next() throws Exception {
      while (true) {
        Arrivals.Arrival<R> arrival = arrivals.poll();
        if (arrival != null) {
          R response = arrival.get();
          if (response == null) {
            return null;
          }
          subscription.join().request(1);
          return payload(response);
        }
        Status status = capture.status();
        if (cancelled && status != null) {
          // Nothing is signalled after cancel(): how the call ended, the capture tells.
          throw status.asRuntimeException();
        }
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      subscription.join().cancel();
    }
  }

  private static final class ServerStream extends ManyAnswers<ServerStreamResponse> {
    private final ConformanceServiceAsync client;
    private ServerStreamRequest request = ServerStreamRequest.getDefaultInstance();

    ServerStream(ResponseCapture capture, ConformanceServiceAsync client) {
      super(capture);
      this.client = client;
    }

    @Override
    public void send(Any given) throws IOException {
      request = given.unpack(ServerStreamRequest.class);
    }

    @Override
    public void finish() {
      client.serverStream(request).subscribe(this);
    }

    @Override
    ConformancePayload payload(ServerStreamResponse response) {
      return response.getPayload();
    }
  }

  private static final class BidiStream extends ManyAnswers<BidiStreamResponse> {
    private final Outbox<BidiStreamRequest> requests = new Outbox<>();
    private final ConformanceServiceAsync client;
    private boolean begun;

    BidiStream(ResponseCapture capture, ConformanceServiceAsync client) {
      super(capture);
      this.client = client;
    }

    /** The call starts on subscribe, without a request too. */
    private void begin() {
      if (!begun) {
        begun = true;
        client.bidiStream(requests).subscribe(this);
      }
    }

    @Override
    public void send(Any request) throws IOException {
      begin();
      requests.sendIfWanted(request.unpack(BidiStreamRequest.class));
    }

    @Override
    public void finish() {
      begin();
      requests.end(null);
    }

    @Override
    public void cancel() {
      begin();
      super.cancel();
    }

    @Override
    ConformancePayload payload(BidiStreamResponse response) {
      return response.getPayload();
    }
  }
}
