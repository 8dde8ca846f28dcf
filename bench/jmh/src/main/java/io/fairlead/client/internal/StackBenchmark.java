package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.contract.MethodContract;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
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
import org.openjdk.jmh.infra.Blackhole;

/** What the layers above the connections cost a call: all of them, and none for comparison. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StackBenchmark {
  private static final StringValue MESSAGE = StringValue.of("hello");

  private static final MethodDescriptor<StringValue, StringValue> SAY =
      MethodContract.unary(
              "bench.Echo",
              "Say",
              StringValue.getDefaultInstance(),
              StringValue.getDefaultInstance())
          .idempotent()
          .policy(
              MethodPolicy.builder()
                  .deadline(Duration.ofSeconds(5))
                  .retry(RetryPolicy.builder().attempts(3).build())
                  .build())
          .build()
          .descriptor();

  private static final CallSettings OWN =
      CallSettings.builder()
          .policy(MethodPolicy.builder().deadline(Duration.ofSeconds(4)).build())
          .build();

  private final DoneChannel transport = new DoneChannel(MESSAGE);
  private final CallOptions direct = CallOptions.DEFAULT.withExecutor(Runnable::run);
  private final CallOptions withSettings = OWN.addTo(direct);
  private @Nullable ClientCallFactory factory;

  @Setup
  public void open() {
    ChannelConfig channelConfig = new ChannelConfig("none:1");
    factory =
        new ClientCallFactory(
            channelConfig,
            ChannelTarget.open("none:1", null),
            SharedClientEventLoops.acquire(),
            transport);
  }

  @TearDown
  public void close() {
    stack().close();
  }

  private ClientCallFactory stack() {
    if (factory == null) {
      throw new IllegalStateException("not set up");
    }
    return factory;
  }

  /** Policy, deadline, breaker, one attempt with its trace, budget. */
  @Benchmark
  public void everyLayer(Blackhole sink) {
    call(stack().newCall(SAY, direct), sink);
  }

  /** The same for a call that brings a policy of its own. */
  @Benchmark
  public void everyLayerWithSettings(Blackhole sink) {
    call(stack().newCall(SAY, withSettings), sink);
  }

  @Benchmark
  public void noLayer(Blackhole sink) {
    Channel bare = transport;
    call(bare.newCall(SAY, direct), sink);
  }

  private static void call(ClientCall<StringValue, StringValue> call, Blackhole sink) {
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(StringValue message) {
            sink.consume(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
              throw status.asRuntimeException();
            }
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(MESSAGE);
    call.halfClose();
  }
}
