package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers whose responses break the rules, over real sockets. */
@Timeout(60)
class WrongResponsesTest {
  private static final byte[] GOOD = StringValue.of("good").toByteArray();
  private static final byte[] UNREADABLE = {10, 100, 1};

  private final List<AutoCloseable> open = new ArrayList<>();

  /** Four ways to call, each with one response, over a channel. */
  enum Way {
    UNARY,
    CLIENT_STREAMING,
    ASYNC_UNARY,
    ASYNC_CLIENT_STREAMING
  }

  static Stream<Arguments> waysAndChannels() {
    return Stream.of(Way.values())
        .flatMap(way -> Stream.of(Arguments.of(way, true), Arguments.of(way, false)));
  }

  @AfterEach
  void close() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  /** A server that answers each call with these messages, and then OK. */
  private int serve(byte[]... responses) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .addService(
                ServerServiceDefinition.builder(EchoRpc.SERVICE_NAME)
                    .addMethod(raw(EchoRpc.SAY), (call, headers) -> answer(call, responses))
                    .addMethod(raw(EchoRpc.SUM), (call, headers) -> answer(call, responses))
                    .addMethod(raw(EchoRpc.COUNT), (call, headers) -> answer(call, responses))
                    .addMethod(raw(EchoRpc.CHAT), (call, headers) -> answer(call, responses))
                    .build())
            .build()
            .start();
    open.add(() -> server.shutdownNow().awaitTermination());
    return server.getPort();
  }

  private static ServerCall.Listener<byte[]> answer(
      ServerCall<byte[], byte[]> call, byte[]... responses) {
    call.request(10);
    return new ServerCall.Listener<>() {
      @Override
      public void onHalfClose() {
        call.sendHeaders(new Metadata());
        for (byte[] response : responses) {
          call.sendMessage(response);
        }
        call.close(Status.OK, new Metadata());
      }
    };
  }

  /** As a server sees it that may send any number of messages, of any content. */
  private static MethodDescriptor<byte[], byte[]> raw(MethodContract<?, ?> method) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodType.BIDI_STREAMING)
        .setFullMethodName(method.fullName())
        .setRequestMarshaller(new Raw())
        .setResponseMarshaller(new Raw())
        .build();
  }

  private Channel channel(int port, boolean ours) {
    if (ours) {
      RpcChannel channel = RpcChannel.to("127.0.0.1:" + port).build();
      open.add(channel);
      return channel;
    }
    var channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    open.add(() -> channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS));
    return channel;
  }

  private static RpcException call(Way way, Channel channel) {
    return switch (way) {
      case UNARY -> failure(() -> EchoRpc.client(channel).say(StringValue.of("x")));
      case CLIENT_STREAMING ->
          failure(() -> EchoRpc.client(channel).sum(Source.of(Int64Value.of(1))));
      case ASYNC_UNARY ->
          failure(
              () ->
                  EchoRpc.asyncClient(channel)
                      .say(StringValue.of("x"))
                      .toCompletableFuture()
                      .join());
      case ASYNC_CLIENT_STREAMING ->
          failure(
              () -> {
                SubmissionPublisher<Int64Value> requests =
                    new SubmissionPublisher<>(Runnable::run, 8);
                var answer = EchoRpc.asyncClient(channel).sum(requests).toCompletableFuture();
                requests.submit(Int64Value.of(1));
                requests.close();
                answer.join();
              });
    };
  }

  @Test
  void unreadableResponseInAStreamIsInternalAndNamesItsType() throws Exception {
    Channel channel = channel(serve(UNREADABLE), true);
    RpcException counted = failure(() -> EchoRpc.client(channel).count(Int64Value.of(1)).toList());
    assertThat(counted.code()).isEqualTo(Status.Code.INTERNAL);
    assertThat(counted).hasMessageContaining("cannot be read as google.protobuf.Int64Value");
    RpcException said =
        failure(() -> EchoRpc.client(channel).chat(Source.of(StringValue.of("x"))).toList());
    assertThat(said.code()).isEqualTo(Status.Code.INTERNAL);
    assertThat(said).hasMessageContaining("cannot be read as google.protobuf.StringValue");
  }

  private static RpcException failure(ThrowingCallable call) {
    ThrowingCallable unwrapped =
        () -> {
          try {
            call.call();
          } catch (CompletionException e) {
            throw e.getCause() == null ? e : e.getCause();
          }
        };
    RpcException failure = catchThrowableOfType(RpcException.class, unwrapped);
    assertThat(failure).as("the call is refused").isNotNull();
    return failure;
  }

  @ParameterizedTest
  @MethodSource("waysAndChannels")
  void twoResponsesAreNoGoodEnd(Way way, boolean ours) throws IOException {
    RpcException failure = call(way, channel(serve(GOOD, GOOD), ours));
    assertThat(failure.code()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(failure).hasMessageContaining("more than one response");
  }

  @ParameterizedTest
  @MethodSource("waysAndChannels")
  void noResponseIsNoGoodEnd(Way way, boolean ours) throws IOException {
    RpcException failure = call(way, channel(serve(), ours));
    assertThat(failure.code()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(failure).hasMessageContaining("answered OK without a response");
  }

  @ParameterizedTest
  @MethodSource("waysAndChannels")
  void unreadableResponseIsInternalAndNamesBothTypes(Way way, boolean ours) throws IOException {
    if (!ours) {
      return; // what grpc-java says over its own channel is its own
    }
    RpcException failure = call(way, channel(serve(UNREADABLE), true));
    boolean unary = way == Way.UNARY || way == Way.ASYNC_UNARY;
    String type = unary ? "google.protobuf.StringValue" : "google.protobuf.Int64Value";
    assertThat(failure.code()).isEqualTo(Status.Code.INTERNAL);
    assertThat(failure)
        .hasMessageContaining("the response cannot be read as " + type)
        .hasMessageContaining("types of this method differ between client and server")
        .hasMessageContaining("it takes " + type + " and returns " + type);
  }

  /** Takes texts that end with a dot, and is none of protobuf's. */
  private static final class Sentences implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      String text = new String(new Raw().parse(stream), StandardCharsets.UTF_8);
      if (!text.endsWith(".")) {
        throw new IllegalArgumentException("no sentence: " + text);
      }
      return text;
    }
  }

  private static MethodDescriptor<String, String> sentences(MethodContract<?, ?> method) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(method.descriptor().getType())
        .setFullMethodName(method.fullName())
        .setRequestMarshaller(new Sentences())
        .setResponseMarshaller(new Sentences())
        .build();
  }

  private static String ask(Channel channel, MethodContract<?, ?> method) {
    return ClientCalls.blockingUnaryCall(
        channel,
        sentences(method),
        CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
        "x.");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void responseThatAMarshallerOfTheUsersCannotReadIsInternal(boolean unary) throws IOException {
    Channel channel = channel(serve("cut".getBytes(StandardCharsets.UTF_8)), true);
    assertThatThrownBy(() -> ask(channel, unary ? EchoRpc.SAY : EchoRpc.SUM))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("INTERNAL: the response cannot be read as what ")
        .hasMessageContaining("Sentences reads")
        .hasMessageContaining("no sentence: cut");
  }

  @Test
  void endpointIsEjectedWhoseResponsesAMarshallerOfTheUsersCannotRead() throws IOException {
    byte[] good = "good.".getBytes(StandardCharsets.UTF_8);
    byte[] broken = "cut".getBytes(StandardCharsets.UTF_8);
    RpcChannel channel =
        RpcChannel.to("memory:///echo")
            .registry(
                StaticRegistry.of(
                    "echo",
                    Endpoint.of("good", "127.0.0.1", serve(good)),
                    Endpoint.of("broken", "127.0.0.1", serve(broken))))
            .balancing(BalancingOptions.builder().balancer(BalancerSpec.of("round_robin")).build())
            .build();
    open.add(channel);
    int goodInARow = 0;
    for (int i = 0; i < 1_000 && goodInARow < 30; i++) {
      try {
        goodInARow = ask(channel, EchoRpc.SAY).equals("good.") ? goodInARow + 1 : 0;
      } catch (StatusRuntimeException e) {
        goodInARow = 0;
      }
    }
    assertThat(goodInARow).isEqualTo(30);
  }

  static Stream<byte[][]> broken() {
    return Stream.of(new byte[][] {UNREADABLE}, new byte[0][], new byte[][] {GOOD, GOOD});
  }

  @ParameterizedTest
  @MethodSource("broken")
  void endpointWithBrokenResponsesIsEjected(byte[][] responses) throws IOException {
    RpcChannel channel =
        RpcChannel.to("memory:///echo")
            .registry(
                StaticRegistry.of(
                    "echo",
                    Endpoint.of("good", "127.0.0.1", serve(GOOD)),
                    Endpoint.of("broken", "127.0.0.1", serve(responses))))
            .balancing(BalancingOptions.builder().balancer(BalancerSpec.of("round_robin")).build())
            .build();
    open.add(channel);
    int good = 0;
    for (int i = 0; i < 1_000 && good < 30; i++) {
      try {
        good =
            EchoRpc.client(channel).say(StringValue.of("x")).getValue().equals("good")
                ? good + 1
                : 0;
      } catch (RpcException e) {
        good = 0;
      }
    }
    assertThat(good).as("calls in a row that the good endpoint took").isEqualTo(30);
  }

  @ParameterizedTest
  @MethodSource("broken")
  void endpointThatOnlyBreaksTheRulesOpensABreakerThatWantsNearlyAllToFail(byte[][] responses)
      throws IOException {
    MethodPolicy policy =
        MethodPolicy.builder()
            .endpointBreaker(
                CircuitBreakerPolicy.builder()
                    .failureRate(0.9)
                    .minimumSamples(4)
                    .codes(Code.INTERNAL, Code.UNIMPLEMENTED)
                    .build())
            .build();
    Channel channel =
        CallSettings.builder().policy(policy).build().over(channel(serve(responses), true));
    for (int i = 0; i < 4; i++) {
      assertThat(call(Way.UNARY, channel)).hasMessageNotContaining("breaker");
    }
    assertThat(call(Way.UNARY, channel)).hasMessageContaining("a circuit breaker rejects");
  }

  private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
