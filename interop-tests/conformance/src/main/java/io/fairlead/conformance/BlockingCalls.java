package io.fairlead.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ConformanceService;
import connectrpc.conformance.v1.ConformanceServiceRpc;
import connectrpc.conformance.v1.Service.BidiStreamRequest;
import connectrpc.conformance.v1.Service.BidiStreamResponse;
import connectrpc.conformance.v1.Service.ClientStreamRequest;
import connectrpc.conformance.v1.Service.ConformancePayload;
import connectrpc.conformance.v1.Service.ServerStreamRequest;
import connectrpc.conformance.v1.Service.ServerStreamResponse;
import connectrpc.conformance.v1.Service.UnaryRequest;
import connectrpc.conformance.v1.Service.UnimplementedRequest;
import io.fairlead.Pipe;
import io.fairlead.ResponseCapture;
import io.fairlead.Source;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the calls of the cases with the generated blocking client. */
final class BlockingCalls implements ConformanceClient.Calls {
  private final Channels channels;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  BlockingCalls(Channels channels) {
    this.channels = channels;
  }

  @Override
  public Conversation open(ClientCompatRequest wanted) throws IOException {
    ResponseCapture capture = new ResponseCapture();
    ConformanceService client = ConformanceServiceRpc.client(channels.to(wanted, capture));
    return switch (wanted.getMethod()) {
      case "Unary" ->
          new Unary<>(capture, UnaryRequest.class, request -> client.unary(request).getPayload());
      case "Unimplemented" ->
          new Unary<>(
              capture,
              UnimplementedRequest.class,
              request -> {
                client.unimplemented(request);
                return ConformancePayload.getDefaultInstance();
              });
      case "ClientStream" -> new ClientStream(capture, client, threads);
      case "ServerStream" -> new ServerStream(capture, client);
      case "BidiStream" -> new BidiStream(capture, client);
      default -> throw new IllegalArgumentException("no such method: " + wanted.getMethod());
    };
  }

  /** A blocking call is cancelled by an interrupt of its thread. */
  private static final class Interruptible {
    private @Nullable Thread thread;
    private boolean cancelled;

    <T> T run(Callable<T> call) throws Exception {
      synchronized (this) {
        thread = Thread.currentThread();
        if (cancelled) {
          thread.interrupt();
        }
      }
      try {
        return call.call();
      } finally {
        synchronized (this) {
          thread = null;
          // The thread goes on to the next case.
          Thread.interrupted();
        }
      }
    }

    synchronized void cancel() {
      cancelled = true;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  private static final class Unary<Q extends Message> extends Captured {
    private final Class<Q> type;
    private final Function<Q, ConformancePayload> method;
    private final Interruptible call = new Interruptible();
    private @Nullable Q request;

    Unary(ResponseCapture capture, Class<Q> type, Function<Q, ConformancePayload> method) {
      super(capture);
      this.type = type;
      this.method = method;
    }

    @Override
    public void send(Any given) throws IOException {
      request = given.unpack(type);
    }

    @Override
    public void finish() {}

    @Override
    public @Nullable ConformancePayload next() throws Exception {
      Q known = request;
      request = null;
      return known == null ? null : call.run(() -> method.apply(known));
    }

    @Override
    public void cancel() {
      call.cancel();
    }
  }

  private static final class ClientStream extends Captured {
    private final Pipe<ClientStreamRequest> requests = Source.pipe();
    private final Interruptible call = new Interruptible();
    private final Future<ConformancePayload> answer;
    private boolean answered;

    ClientStream(ResponseCapture capture, ConformanceService client, ExecutorService threads) {
      super(capture);
      answer =
          threads.submit(() -> call.run(() -> client.clientStream(requests.source()).getPayload()));
    }

    @Override
    public void send(Any request) throws IOException, InterruptedException {
      requests.send(request.unpack(ClientStreamRequest.class));
    }

    @Override
    public void finish() {
      requests.complete();
    }

    @Override
    public @Nullable ConformancePayload next() throws Exception {
      if (answered) {
        return null;
      }
      answered = true;
      return answer.get();
    }

    @Override
    public void cancel() {
      call.cancel();
    }
  }

  private static final class ServerStream extends Captured {
    private final ConformanceService client;
    private ServerStreamRequest request = ServerStreamRequest.getDefaultInstance();
    private volatile @Nullable Source<ServerStreamResponse> responses;

    ServerStream(ResponseCapture capture, ConformanceService client) {
      super(capture);
      this.client = client;
    }

    @Override
    public void send(Any given) throws IOException {
      request = given.unpack(ServerStreamRequest.class);
    }

    @Override
    public void finish() {
      responses = client.serverStream(request);
    }

    @Override
    public @Nullable ConformancePayload next() {
      ServerStreamResponse response = Objects.requireNonNull(responses).read();
      return response == null ? null : response.getPayload();
    }

    @Override
    public void cancel() {
      Objects.requireNonNull(responses).close();
    }
  }

  private static final class BidiStream extends Captured {
    private final Pipe<BidiStreamRequest> requests = Source.pipe();
    private final Source<BidiStreamResponse> responses;

    BidiStream(ResponseCapture capture, ConformanceService client) {
      super(capture);
      responses = client.bidiStream(requests.source());
    }

    @Override
    public void send(Any request) throws IOException, InterruptedException {
      requests.send(request.unpack(BidiStreamRequest.class));
    }

    @Override
    public void finish() {
      requests.complete();
    }

    @Override
    public @Nullable ConformancePayload next() {
      BidiStreamResponse response = responses.read();
      return response == null ? null : response.getPayload();
    }

    @Override
    public void cancel() {
      responses.close();
    }
  }
}
