package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.RawMarshaller;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests whose marshaller hands on a stream, which can be read once. */
@Timeout(120)
class ReplayableRequestTest {
  private static final String LONG = "0123456789".repeat(5_000);
  private static final MethodPolicy TWICE =
      MethodPolicy.builder()
          .retry(RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build())
          .build();

  private static MethodDescriptor<InputStream, InputStream> raw(
      MethodContract<StringValue, StringValue> contract) {
    return contract.descriptor().toBuilder(RawMarshaller.INSTANCE, RawMarshaller.INSTANCE).build();
  }

  private static InputStream bytes(String text) {
    return StringValue.of(text).toByteString().newInput();
  }

  private static String text(InputStream stream) {
    try (stream) {
      return StringValue.parseFrom(stream).getValue();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("not the bytes that were sent", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String say(Channel channel, MethodPolicy policy, InputStream request) {
    return text(
        ClientCalls.blockingUnaryCall(
            channel, raw(ScriptedServer.say(policy, true)), CallOptions.DEFAULT, request));
  }

  private static void failTheFirst(int number, ScriptedServer.Exchange call) {
    if (number == 1) {
      call.fail(Status.UNAVAILABLE);
    } else {
      call.reply(call.request);
    }
  }

  @Test
  void aRetriedCallSendsTheWholeRequestAgain() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(ReplayableRequestTest::failTheFirst);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(say(channel, TWICE, bytes(LONG))).isEqualTo(LONG);
      assertThat(server.seen).extracting(call -> call.request).containsExactly(LONG, LONG);
    }
  }

  @Test
  void retriedStreamSendsTheWholeRequestAgain() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(ReplayableRequestTest::failTheFirst);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      ClientCalls.asyncServerStreamingCall(
          channel.newCall(raw(ScriptedServer.watch(TWICE)), CallOptions.DEFAULT),
          bytes(LONG),
          new StreamObserver<>() {
            @Override
            public void onNext(InputStream message) {
              answer.complete(text(message));
            }

            @Override
            public void onError(Throwable failure) {
              answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
          });
      assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(LONG);
      assertThat(server.seen).extracting(call -> call.request).containsExactly(LONG, LONG);
    }
  }

  @Test
  void eachHedgeSendsTheWholeRequest() throws Exception {
    MethodPolicy policy =
        MethodPolicy.builder()
            .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ZERO).build())
            .build();
    CountDownLatch both = new CountDownLatch(2);
    ScriptedServer.Script script =
        (number, call) -> {
          both.countDown();
          if (number == 2) {
            call.reply(call.request);
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(say(channel, policy, bytes(LONG))).isEqualTo(LONG);
      both.await();
      assertThat(server.seen).extracting(call -> call.request).containsExactly(LONG, LONG);
    }
  }

  @Test
  void tooLargeRequestIsRefusedBeforeItIsSent() throws Exception {
    MethodPolicy small = MethodPolicy.builder().maxRequestBytes(1_024).build();
    try (ScriptedServer server = ScriptedServer.start((number, call) -> call.reply("never"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThatThrownBy(() -> say(channel, small, bytes(LONG)))
          .hasMessageStartingWith(
              "RESOURCE_EXHAUSTED: the request is larger than maxRequestBytes, 1024; raise it");
      assertThat(say(channel, small, bytes("x".repeat(1_021)))).isEqualTo("never");
      assertThat(server.seen).hasSize(1);
    }
  }

  @Test
  void unreadableRequestIsReported() throws Exception {
    InputStream broken =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            throw new IOException("the disk is gone");
          }
        };
    try (ScriptedServer server = ScriptedServer.start((number, call) -> call.reply("never"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThatThrownBy(() -> say(channel, MethodPolicy.empty(), broken))
          .hasMessageStartingWith(
              "CANCELLED: the request could not be read: java.io.IOException: the disk is gone");
      assertThat(server.seen).isEmpty();
    }
  }

  @Test
  void fallbackCanReadTheRequest() throws Exception {
    MethodDescriptor<InputStream, InputStream> say =
        raw(ScriptedServer.say(MethodPolicy.empty(), false));
    try (ScriptedServer server =
            ScriptedServer.start((number, call) -> call.fail(Status.INTERNAL));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .fallback(say, (request, failure) -> bytes("instead of " + text(request)))
                .build()) {
      InputStream answer =
          ClientCalls.blockingUnaryCall(channel, say, CallOptions.DEFAULT, bytes("a"));
      assertThat(text(answer)).isEqualTo("instead of a");
    }
  }

  @Test
  void singleReadResponsesAreNotCached() throws Exception {
    MethodPolicy keeping =
        MethodPolicy.builder()
            .cache(CachePolicy.builder().staleIfError(Duration.ofSeconds(10)).build())
            .build();
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:1").build()) {
      assertThatThrownBy(() -> say(channel, keeping, bytes("a")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("test.Echo/Say cannot have cache ")
          .hasMessageEndingWith(
              "its answers are not protobuf messages, which alone are known to be the same when"
                  + " they are given twice; give the channel a fallback(...) for it");
    }
  }

  @Test
  void theHashKeyIsReadFromTheBytes() throws Exception {
    List<String> keys = new ArrayList<>();
    MethodContract<StringValue, StringValue> say =
        MethodContract.unary(
                ScriptedServer.SERVICE,
                "Say",
                StringValue.getDefaultInstance(),
                StringValue.getDefaultInstance())
            .hashKey(
                request -> {
                  keys.add(request.getValue());
                  return request.getValue();
                })
            .policy(MethodPolicy.builder().balancer("consistent_hash").build())
            .build();
    try (ScriptedServer server = ScriptedServer.start((number, call) -> call.reply(call.request));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      InputStream answer =
          ClientCalls.blockingUnaryCall(channel, raw(say), CallOptions.DEFAULT, bytes("kettle"));
      assertThat(text(answer)).isEqualTo("kettle");
      assertThat(keys).containsExactly("kettle");
    }
  }
}
