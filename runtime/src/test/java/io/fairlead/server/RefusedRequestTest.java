package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests that no handler can take: unreadable, too large, too many, or none. */
@Timeout(120)
class RefusedRequestTest {
  private static final byte[] GOOD = StringValue.of("good").toByteArray();

  /** The length says 9 bytes, and there is one. */
  private static final byte[] BROKEN = {10, 9, 1};

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final CompletableFuture<Throwable> told = new CompletableFuture<>();
  private final CompletableFuture<ServerCallOutcome> observed = new CompletableFuture<>();
  private final CompletableFuture<Void> reading = new CompletableFuture<>();

  /** What stands between the wire and the handler. */
  enum Served {
    BLOCKING,
    ASYNC,
    STOCK,
    INTERCEPTED,
    OBSERVED
  }

  private RpcServer.Builder serving(Served how) {
    RpcServer.Builder builder = RpcServer.builder("echo").host("127.0.0.1");
    return switch (how) {
      case BLOCKING -> builder.service(EchoRpc.bind(new Listening()));
      case ASYNC -> builder.service(EchoRpc.bindAsync(new ListeningAsync()));
      case STOCK -> builder.service(stock());
      case INTERCEPTED ->
          builder.service(EchoRpc.bind(new Listening())).intercept(new ReadsRequests());
      case OBSERVED -> builder.service(EchoRpc.bind(new Listening())).observer(observed::complete);
    };
  }

  private static ServerServiceDefinition stock() {
    return stock(
        ServerCalls.asyncUnaryCall(
            (request, out) -> {
              out.onNext(request);
              out.onCompleted();
            }));
  }

  private static ServerServiceDefinition stock(
      ServerCallHandler<StringValue, StringValue> handler) {
    MethodDescriptor<StringValue, StringValue> say =
        MethodDescriptor.<StringValue, StringValue>newBuilder()
            .setType(MethodType.UNARY)
            .setFullMethodName(EchoRpc.SAY.fullName())
            .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
            .build();
    return ServerServiceDefinition.builder(EchoRpc.SERVICE_NAME).addMethod(say, handler).build();
  }

  @ParameterizedTest
  @EnumSource
  void aRequestThatCannotBeReadIsToldToItsCaller(Served how) {
    Channel channel = running.channel(running.start(serving(how)));
    try (LogCapture transport = LogCapture.of("io.grpc");
        LogCapture logs = LogCapture.of("io.fairlead")) {
      for (int i = 0; i < 20; i++) {
        Status status = call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT, BROKEN);
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription())
            .startsWith("a request of test.v1.Echo/Say cannot be read: ")
            .endsWith(" Do both sides have the same types?");
      }
      assertThat(transport.lines()).isEmpty();
      assertThat(logs.with("test.v1.Echo/Say cannot be read")).isNotEmpty().hasSizeLessThan(20);
      assertThat(logs.with("failed")).isEmpty();
    }
    if (how == Served.OBSERVED) {
      ServerCallOutcome outcome = observed.orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(outcome.ending()).isEqualTo(ServerCallOutcome.Ending.STOPPED);
      assertThat(outcome.code()).isEqualTo(Code.INVALID_ARGUMENT);
    }
    // The connection serves others as before.
    assertThat(call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT, GOOD).isOk()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aRequestThatGrowsBeyondTheLimitIsTooLarge(Served how) {
    Channel channel = running.channel(running.start(serving(how)));
    byte[] bomb = StringValue.of("x".repeat(10 << 20)).toByteArray();
    try (LogCapture transport = LogCapture.of("io.grpc")) {
      Status status =
          call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT.withCompression("gzip"), bomb);
      assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(status.getDescription())
          .startsWith("a request of test.v1.Echo/Say is too large: ");
      assertThat(transport.lines()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoRequestsOrNoneToAMethodThatTakesOneAreRefused(Served how) {
    Channel channel = running.channel(running.start(serving(how)));
    Status two = call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT, GOOD, GOOD);
    assertThat(two.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(two.getDescription()).isEqualTo("more than one request to test.v1.Echo/Say");
    Status none = call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT);
    assertThat(none.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(none.getDescription()).isEqualTo("no request came to test.v1.Echo/Say");
  }

  /** grpc-java gives a handler the only request of such a method, or none. */
  @Test
  void aHandlerThatAsksForOneRequestDoesNotActOnTheFirstOfTwo() {
    Queue<StringValue> acted = new ConcurrentLinkedQueue<>();
    RpcServer.Builder builder = RpcServer.builder("echo").host("127.0.0.1");
    Channel channel =
        running.channel(
            running.start(
                builder.service(
                    stock(
                        (call, headers) -> {
                          call.request(1);
                          return new ServerCall.Listener<>() {
                            @Override
                            public void onMessage(StringValue request) {
                              acted.add(request);
                              call.sendHeaders(new Metadata());
                              call.sendMessage(request);
                            }

                            @Override
                            public void onHalfClose() {
                              call.close(Status.OK, new Metadata());
                            }
                          };
                        }))));
    Status two = call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT, GOOD, GOOD);
    assertThat(two.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(acted).isEmpty();
    assertThat(call(channel, EchoRpc.SAY.fullName(), CallOptions.DEFAULT, GOOD).isOk()).isTrue();
    assertThat(acted).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"BLOCKING", "ASYNC", "INTERCEPTED", "OBSERVED"})
  void theHandlerOfAStreamIsToldThatARequestCannotBeRead(Served how) {
    Channel channel = running.channel(running.start(serving(how)));
    try (LogCapture transport = LogCapture.of("io.grpc");
        LogCapture logs = LogCapture.of("io.fairlead")) {
      Status status = sum(channel, BROKEN);
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertTold(Status.Code.INVALID_ARGUMENT, "a request of test.v1.Echo/Sum cannot be read");
      assertThat(transport.lines()).isEmpty();
      assertThat(logs.with("the handler of")).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BLOCKING", "ASYNC", "INTERCEPTED", "OBSERVED"})
  void theHandlerOfAStreamIsToldThatARequestIsTooLarge(Served how) {
    MethodPolicy small = MethodPolicy.builder().maxRequestBytes(4).build();
    Channel channel = running.channel(running.start(serving(how).policy("*", small)));
    try (LogCapture transport = LogCapture.of("io.grpc");
        LogCapture logs = LogCapture.of("io.fairlead")) {
      Status status = sum(channel, Int64Value.of(Long.MAX_VALUE).toByteArray());
      assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertTold(Status.Code.RESOURCE_EXHAUSTED, "a request of 10 bytes is above the 4");
      assertThat(transport.lines()).isEmpty();
      assertThat(logs.with("the handler of")).isEmpty();
    }
  }

  /** The transport cuts such a call by itself. */
  @ParameterizedTest
  @EnumSource(names = {"BLOCKING", "ASYNC", "INTERCEPTED", "OBSERVED"})
  void theHandlerIsNotToldThatACallerLeftWhoseRequestTheTransportRefuses(Served how) {
    Channel channel = running.channel(running.start(serving(how)));
    try (LogCapture transport = LogCapture.of("io.grpc");
        LogCapture logs = LogCapture.of("io.fairlead")) {
      Status status = sum(channel, new byte[5 << 20]);
      assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(status.getDescription()).contains("exceeds maximum size 4194304: 5242880");
      assertTold(Status.Code.RESOURCE_EXHAUSTED, "a request is larger than this server takes");
      // At most one a second, whichever of these tests it is of.
      assertThat(transport.lines())
          .hasSizeLessThan(2)
          .allSatisfy(
              line ->
                  assertThat(line)
                      .startsWith("a call was cut as its request could not be taken: RESOURCE_EX"));
      assertThat(transport.withStack()).isEmpty();
      assertThat(logs.with("the handler of")).isEmpty();
    }
  }

  private void assertTold(Status.Code code, String text) {
    assertThat(told.orTimeout(60, TimeUnit.SECONDS).join())
        .isInstanceOfSatisfying(RpcException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(text);
  }

  /** A call whose second request comes when the handler reads already. */
  private Status sum(Channel channel, byte[] second) {
    return call(
        channel,
        EchoRpc.SUM.fullName(),
        CallOptions.DEFAULT,
        () -> reading.orTimeout(60, TimeUnit.SECONDS).join(),
        new byte[0],
        second);
  }

  private static Status call(
      Channel channel, String method, CallOptions options, byte[]... requests) {
    return call(channel, method, options, () -> {}, requests);
  }

  /** A call that may have any number of requests, whatever the method takes. */
  private static Status call(
      Channel channel,
      String method,
      CallOptions options,
      Runnable beforeTheSecond,
      byte[]... requests) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodType.BIDI_STREAMING)
            .setFullMethodName(method)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call = channel.newCall(raw, options);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(2);
    for (int i = 0; i < requests.length; i++) {
      if (i == 1) {
        beforeTheSecond.run();
      }
      call.sendMessage(requests[i]);
    }
    call.halfClose();
    return ended.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  /** Keeps what its stream of requests ended with. */
  private final class Listening implements Echo {
    @Override
    public StringValue say(StringValue request) {
      return request;
    }

    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      reading.complete(null);
      try {
        return Int64Value.of(requests.toList().size());
      } catch (RuntimeException e) {
        told.complete(e);
        throw e;
      }
    }
  }

  private final class ListeningAsync implements EchoAsync {
    @Override
    public CompletionStage<StringValue> say(StringValue request) {
      return CompletableFuture.completedFuture(request);
    }

    @Override
    public CompletionStage<Int64Value> sum(Flow.Publisher<Int64Value> requests) {
      CompletableFuture<Int64Value> answer = new CompletableFuture<>();
      reading.complete(null);
      requests.subscribe(
          new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
              subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(Int64Value request) {}

            @Override
            public void onError(Throwable failure) {
              told.complete(failure);
              answer.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
              answer.complete(Int64Value.of(0));
            }
          });
      return answer;
    }
  }

  /** An application's interceptor that looks at each request. */
  private static final class ReadsRequests implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      MethodType type = call.getMethodDescriptor().getType();
      if (type != MethodType.UNARY && type != MethodType.CLIENT_STREAMING) {
        throw new IllegalStateException("the method is shown as " + type);
      }
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
        @Override
        public void onMessage(Q message) {
          assertThat(message).isInstanceOf(com.google.protobuf.Message.class);
          super.onMessage(message);
        }
      };
    }
  }
}
