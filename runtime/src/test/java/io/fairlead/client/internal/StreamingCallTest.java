package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.ResourceLeakCheck;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamingCallTest {
  /** What the server does with its n-th stream; the first is 1. */
  interface Script {
    void answer(int number, StringValue request, StreamObserver<StringValue> out);
  }

  private final AtomicInteger streams = new AtomicInteger();

  @SuppressWarnings("NullAway.Init") // serve() is the first line of each test
  private Server server;

  @SuppressWarnings("NullAway.Init") // as above
  private RpcChannel channel;

  private static MethodContract<StringValue, StringValue> watch(MethodPolicy policy) {
    return MethodContract.serverStreaming(
            "test.Echo",
            "Watch",
            StringValue.getDefaultInstance(),
            StringValue.getDefaultInstance())
        .policy(policy)
        .idempotent()
        .build();
  }

  private void serve(Script script) throws Exception {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .addService(
                ServerServiceDefinition.builder("test.Echo")
                    .addMethod(
                        watch(MethodPolicy.empty()).descriptor(),
                        ServerCalls.asyncServerStreamingCall(
                            (StringValue request, StreamObserver<StringValue> out) ->
                                script.answer(streams.incrementAndGet(), request, out)))
                    .build())
            .build()
            .start();
    channel = RpcChannel.to("127.0.0.1:" + server.getPort()).build();
  }

  private Iterator<StringValue> read(MethodPolicy policy) {
    return ClientCalls.blockingServerStreamingCall(
        channel, watch(policy).descriptor(), CallOptions.DEFAULT, StringValue.of("go"));
  }

  @AfterEach
  void close() throws Exception {
    channel.close();
    server.shutdownNow();
    assertThat(server.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void messagesComeInOrder() throws Exception {
    serve(
        (n, request, out) -> {
          for (int i = 0; i < 1000; i++) {
            out.onNext(StringValue.of("" + i));
          }
          out.onCompleted();
        });
    Iterator<StringValue> answers = read(MethodPolicy.empty());
    for (int i = 0; i < 1000; i++) {
      assertThat(answers.next().getValue()).isEqualTo("" + i);
    }
    assertThat(answers.hasNext()).isFalse();
  }

  @Test
  void streamIsRetriedBeforeItsFirstResponse() throws Exception {
    serve(
        (n, request, out) -> {
          if (n == 1) {
            out.onError(Status.UNAVAILABLE.asException());
          } else {
            out.onNext(request);
            out.onCompleted();
          }
        });
    MethodPolicy policy =
        MethodPolicy.builder()
            .retry(RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build())
            .build();
    assertThat(read(policy).next().getValue()).isEqualTo("go");
    assertThat(streams).hasValue(2);
  }

  @Test
  void streamIsNotRetriedAfterItsFirstResponse() throws Exception {
    serve(
        (n, request, out) -> {
          out.onNext(request);
          out.onError(Status.UNAVAILABLE.asException());
        });
    Iterator<StringValue> answers =
        read(
            MethodPolicy.builder()
                .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build())
                .build());
    assertThat(answers.next().getValue()).isEqualTo("go");
    assertThatThrownBy(answers::next).isInstanceOf(StatusRuntimeException.class);
    assertThat(streams).hasValue(1);
  }

  /**
   * Between the message and its half-close grpc-java holds a framed buffer; the leak check of this
   * build fails if it stays.
   */
  @Test
  void aCallThatIsCancelledBeforeItsHalfCloseLeavesNothing() throws Exception {
    serve((n, request, out) -> {});
    ResourceLeakCheck leaks = ResourceLeakCheck.before(thread -> true);
    for (int i = 0; i < 20; i++) {
      ClientCall<StringValue, StringValue> call =
          channel.newCall(watch(MethodPolicy.empty()).descriptor(), CallOptions.DEFAULT);
      CompletableFuture<Status> end = new CompletableFuture<>();
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      call.request(1);
      call.sendMessage(StringValue.of("never heard"));
      call.cancel("changed my mind", null);
      call.halfClose();
      assertThat(end.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
    }
    assertThat(streams).hasValue(0);
    leaks.assertNone();
  }

  @Test
  void retriedStreamKeepsItsCompression() throws Exception {
    serve(
        (n, request, out) -> {
          if (n == 1) {
            out.onError(Status.UNAVAILABLE.asException());
          } else {
            out.onNext(request);
            out.onCompleted();
          }
        });
    AtomicLong bytes = new AtomicLong();
    ClientStreamTracer.Factory sizes =
        new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
              @Override
              public void outboundWireSize(long more) {
                bytes.addAndGet(more);
              }
            };
          }
        };
    MethodPolicy gzip =
        MethodPolicy.builder()
            .compression("gzip")
            .retry(RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build())
            .build();
    ClientCall<StringValue, StringValue> call =
        channel.newCall(
            watch(gzip).descriptor(), CallOptions.DEFAULT.withStreamTracerFactory(sizes));
    CompletableFuture<StringValue> answer = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(StringValue message) {
            answer.complete(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            answer.completeExceptionally(status.asException());
          }
        },
        new Metadata());
    call.request(2);
    call.setMessageCompression(false);
    call.sendMessage(StringValue.of("0".repeat(10_000)));
    call.halfClose();
    assertThat(answer.get(60, TimeUnit.SECONDS).getValue()).hasSize(10_000);
    assertThat(bytes.get()).isGreaterThan(20_000);
  }
}
