package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.FaultyProxy.Direction;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream over a connection that is cut anywhere: what was read is in order and comes once. */
@Timeout(300)
class CutStreamTest {
  private static final int MESSAGES = 12;
  private static final List<String> ALL =
      IntStream.range(0, MESSAGES).mapToObj(Integer::toString).toList();

  private static final MethodContract<StringValue, StringValue> COUNT =
      MethodContract.serverStreaming(
              "test.Echo",
              "Count",
              StringValue.getDefaultInstance(),
              StringValue.getDefaultInstance())
          .idempotent()
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofMinutes(1))
                  .breaker(CircuitBreakerPolicy.off())
                  .endpointBreaker(CircuitBreakerPolicy.off())
                  .retry(RetryPolicy.builder().attempts(4).backoff(Duration.ofMillis(1)).build())
                  .build())
          .build();

  /** How often each stream was begun, by its request. */
  private final ConcurrentHashMap<String, Integer> begun = new ConcurrentHashMap<>();

  private void serve(StringValue request, StreamObserver<StringValue> out) {
    begun.merge(request.getValue(), 1, Integer::sum);
    ALL.forEach(text -> out.onNext(StringValue.of(text)));
    out.onCompleted();
  }

  @Test
  void streamIsRetriedOnlyBeforeItsFirstMessage() throws Exception {
    Server server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .addService(
                ServerServiceDefinition.builder("test.Echo")
                    .addMethod(
                        COUNT.descriptor(), ServerCalls.asyncServerStreamingCall(this::serve))
                    .build())
            .build()
            .start();
    int cutShort = 0;
    int again = 0;
    try (FaultyProxy proxy = FaultyProxy.to("127.0.0.1", server.getPort());
        RpcChannel channel =
            RpcChannel.to(proxy.authority())
                .balancing(BalancingOptions.builder().withoutHealth().build())
                .retriesPerSecond(1_000)
                .build()) {
      for (int bytes = 1; bytes <= 260; bytes += 3) {
        assertThat(read(channel, "warm up", new ArrayList<>())).isNull();
        List<String> seen = new ArrayList<>();
        proxy.cutAfter(Direction.TO_CLIENT, bytes);
        RpcException failure = read(channel, "cut " + bytes, seen);
        proxy.heal();
        int times = begun.getOrDefault("cut " + bytes, 0);
        again += times - 1;
        if (failure == null) {
          assertThat(seen).as("after %s bytes", bytes).isEqualTo(ALL);
        } else {
          cutShort++;
          assertThat(failure.code()).isEqualTo(Status.Code.UNAVAILABLE);
          assertThat(seen).as("after %s bytes", bytes).isEqualTo(ALL.subList(0, seen.size()));
          assertThat(times).as("after %s bytes", bytes).isEqualTo(1);
        }
      }
    } finally {
      server.shutdownNow();
      assertThat(server.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(cutShort).isPositive();
    assertThat(again).isPositive();
  }

  private static @Nullable RpcException read(RpcChannel channel, String text, List<String> seen) {
    try (Source<StringValue> source =
        ClientCalls.over(channel).serverStreaming(COUNT, StringValue.of(text))) {
      for (StringValue message : source) {
        seen.add(message.getValue());
      }
      return null;
    } catch (RpcException e) {
      return e;
    }
  }
}
