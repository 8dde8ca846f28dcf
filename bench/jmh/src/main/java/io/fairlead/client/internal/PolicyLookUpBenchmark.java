package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** How a call finds its plan, among a hundred methods. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PolicyLookUpBenchmark {
  private static final int METHODS = 128;

  private final List<MethodDescriptor<?, ?>> methods = methods();
  private final MethodConfigCache configs =
      new MethodConfigCache(
          new ChannelConfig("none:1"),
          new CircuitBreakers(System::nanoTime, new CallObservers(List.of())),
          CallEnvironment.of(
              new ChannelConfig("none:1"),
              SharedClientEventLoops.acquire(),
              new DoneChannel(StringValue.getDefaultInstance())));

  private static List<MethodDescriptor<?, ?>> methods() {
    List<MethodDescriptor<?, ?>> methods = new ArrayList<>();
    for (int i = 0; i < METHODS; i++) {
      methods.add(
          MethodContract.unary(
                  "bench.Echo",
                  "Say" + i,
                  StringValue.getDefaultInstance(),
                  StringValue.getDefaultInstance())
              .policy(MethodPolicy.builder().deadline(Duration.ofSeconds(5)).build())
              .build()
              .descriptor());
    }
    return methods;
  }

  /** A thread's own position among the methods, and its settings. */
  @State(Scope.Thread)
  public static class Caller {
    private final CallSettings settings =
        CallSettings.builder()
            .policy(MethodPolicy.builder().deadline(Duration.ofSeconds(4)).build())
            .build();
    private int next;
  }

  @Benchmark
  public Object ofMethod(Caller caller) {
    return configs.configFor(methods.get(caller.next++ & (METHODS - 1)), null);
  }

  @Benchmark
  public Object ofCall(Caller caller) {
    return configs.configFor(methods.get(caller.next++ & (METHODS - 1)), caller.settings);
  }
}
