package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a call costs that the cache answers, beside one over loopback. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CacheBenchmark {
  private static final StringValue REQUEST = StringValue.of("x".repeat(100));

  private static final MethodContract<StringValue, StringValue> CALLED =
      say(MethodPolicy.builder().deadline(Duration.ofSeconds(5)).build());

  private static final MethodContract<StringValue, StringValue> CACHED =
      say(
          MethodPolicy.builder()
              .deadline(Duration.ofSeconds(5))
              .cache(CachePolicy.builder().ttl(Duration.ofHours(1)).vary("authorization").build())
              .build());

  private @Nullable RpcServer server;
  private @Nullable RpcChannel channel;
  private @Nullable ClientCalls calls;

  private static MethodContract<StringValue, StringValue> say(MethodPolicy policy) {
    return MethodContract.unary(
            "bench.Echo", "Say", StringValue.getDefaultInstance(), StringValue.getDefaultInstance())
        .noSideEffects()
        .policy(policy)
        .build();
  }

  @Setup
  public void open() throws IOException {
    server =
        RpcServer.builder("bench")
            .port(0)
            .service(
                ServerServiceDefinition.builder("bench.Echo")
                    .addMethod(
                        CALLED.descriptor(),
                        ServerCalls.asyncUnaryCall(
                            (request, response) -> {
                              response.onNext(request);
                              response.onCompleted();
                            }))
                    .build())
            .start();
    channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
    calls = ClientCalls.over(channel);
  }

  @TearDown
  public void close() {
    Objects.requireNonNull(channel).close();
    Objects.requireNonNull(server).close();
  }

  /** Key with a header, look-up, and the layers around the cache. */
  @Benchmark
  public StringValue hit() {
    return Objects.requireNonNull(calls).unary(CACHED, REQUEST);
  }

  /** A blocking call to a server in this JVM. */
  @Benchmark
  public StringValue call() {
    return Objects.requireNonNull(calls).unary(CALLED, REQUEST);
  }
}
