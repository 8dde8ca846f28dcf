package io.fairlead.conformance;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ConfigOuterClass.Compression;
import connectrpc.conformance.v1.ConformanceServiceGrpc;
import connectrpc.conformance.v1.Service.BidiStreamRequest;
import connectrpc.conformance.v1.Service.BidiStreamResponse;
import connectrpc.conformance.v1.Service.ClientStreamRequest;
import connectrpc.conformance.v1.Service.ClientStreamResponse;
import connectrpc.conformance.v1.Service.ConformancePayload;
import connectrpc.conformance.v1.Service.Header;
import connectrpc.conformance.v1.Service.ServerStreamRequest;
import connectrpc.conformance.v1.Service.ServerStreamResponse;
import connectrpc.conformance.v1.Service.UnaryRequest;
import connectrpc.conformance.v1.Service.UnaryResponse;
import connectrpc.conformance.v1.Service.UnimplementedRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The control: grpc-java's own client, with nothing of Fairlead in it. */
final class StockCalls implements ConformanceClient.Calls {
  private final Map<Integer, ManagedChannel> open = new HashMap<>();

  @Override
  public Conversation open(ClientCompatRequest wanted) throws IOException {
    return switch (wanted.getMethod()) {
      case "Unary" ->
          new StockCall<>(
              this,
              wanted,
              ConformanceServiceGrpc.getUnaryMethod(),
              UnaryRequest.class,
              UnaryResponse::getPayload);
      case "Unimplemented" ->
          new StockCall<>(
              this,
              wanted,
              ConformanceServiceGrpc.getUnimplementedMethod(),
              UnimplementedRequest.class,
              none -> ConformancePayload.getDefaultInstance());
      case "ClientStream" ->
          new StockCall<>(
              this,
              wanted,
              ConformanceServiceGrpc.getClientStreamMethod(),
              ClientStreamRequest.class,
              ClientStreamResponse::getPayload);
      case "ServerStream" ->
          new StockCall<>(
              this,
              wanted,
              ConformanceServiceGrpc.getServerStreamMethod(),
              ServerStreamRequest.class,
              ServerStreamResponse::getPayload);
      case "BidiStream" ->
          new StockCall<>(
              this,
              wanted,
              ConformanceServiceGrpc.getBidiStreamMethod(),
              BidiStreamRequest.class,
              BidiStreamResponse::getPayload);
      default -> throw new IllegalArgumentException("no such method: " + wanted.getMethod());
    };
  }

  private synchronized ManagedChannel channel(ClientCompatRequest wanted) throws IOException {
    ManagedChannel channel = open.get(wanted.getPort());
    if (channel == null) {
      channel =
          NettyChannelBuilder.forAddress(
                  wanted.getHost(), wanted.getPort(), Channels.credentials(wanted))
              .build();
      ManagedChannel connecting = channel;
      Channels.awaitConnection(() -> connecting.getState(true));
      open.put(wanted.getPort(), channel);
    }
    return channel;
  }

  private static CallOptions options(ClientCompatRequest wanted) {
    CallOptions options = CallOptions.DEFAULT;
    if (wanted.hasTimeoutMs()) {
      options = options.withDeadlineAfter(wanted.getTimeoutMs(), TimeUnit.MILLISECONDS);
    }
    if (wanted.getCompression() == Compression.COMPRESSION_GZIP) {
      options = options.withCompression("gzip");
    }
    if (wanted.getMessageReceiveLimit() != 0) {
      options = options.withMaxInboundMessageSize(wanted.getMessageReceiveLimit());
    }
    return options;
  }

  /** A call of any shape. One with many requests begins at once, one with a single one with it. */
  private static final class StockCall<Q extends Message, R> implements Conversation {
    private final AtomicReference<Metadata> headers = new AtomicReference<>();
    private final AtomicReference<Metadata> trailers = new AtomicReference<>();
    private final Arrivals<R> arrivals = new Arrivals<>();
    private final MethodDescriptor<Q, R> method;
    private final Class<Q> type;
    private final Function<R, ConformancePayload> payload;
    private final ClientCall<Q, R> call;
    private final @Nullable StreamObserver<Q> requests;
    private boolean ended;

    StockCall(
        StockCalls calls,
        ClientCompatRequest wanted,
        MethodDescriptor<Q, R> method,
        Class<Q> type,
        Function<R, ConformancePayload> payload)
        throws IOException {
      this.method = method;
      this.type = type;
      this.payload = payload;
      Metadata given = new Metadata();
      Headers.put(wanted.getRequestHeadersList(), given);
      Channel channel =
          ClientInterceptors.intercept(
              calls.channel(wanted),
              MetadataUtils.newAttachHeadersInterceptor(given),
              MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
      call = channel.newCall(method, options(wanted));
      requests =
          switch (method.getType()) {
            case CLIENT_STREAMING -> ClientCalls.asyncClientStreamingCall(call, arrivals);
            case BIDI_STREAMING -> ClientCalls.asyncBidiStreamingCall(call, arrivals);
            default -> null;
          };
    }

    @Override
    public void send(Any given) throws IOException {
      Q request = given.unpack(type);
      if (requests != null) {
        requests.onNext(request);
      } else if (method.getType() == MethodType.UNARY) {
        ListenableFuture<R> answer = ClientCalls.futureUnaryCall(call, request);
        answer.addListener(() -> arrived(answer), Runnable::run);
      } else {
        ClientCalls.asyncServerStreamingCall(call, request, arrivals);
      }
    }

    private void arrived(Future<R> answer) {
      try {
        arrivals.onNext(answer.get());
        arrivals.onCompleted();
      } catch (ExecutionException | InterruptedException e) {
        arrivals.onError(e);
      }
    }

    @Override
    public void finish() {
      if (requests != null) {
        requests.onCompleted();
      }
    }

    @Override
    public @Nullable ConformancePayload next() throws Exception {
      R response = ended ? null : arrivals.take().get();
      ended = response == null;
      if (response != null && method.getType() == MethodType.CLIENT_STREAMING) {
        // An answer counts when the call has ended well.
        ended = arrivals.take().get() == null;
      }
      return response == null ? null : payload.apply(response);
    }

    @Override
    public void cancel() {
      call.cancel("the case asks for it", null);
    }

    @Override
    public List<Header> headers() {
      return Headers.of(headers.get());
    }

    @Override
    public List<Header> trailers() {
      return Headers.of(trailers.get());
    }
  }
}
