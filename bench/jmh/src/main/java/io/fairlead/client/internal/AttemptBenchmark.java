package io.fairlead.client.internal;

import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.client.internal.breaker.CircuitBreaker;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What is written down of each attempt, and the breaker and budget that all calls share. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AttemptBenchmark {
  private static final BalancerSpec BALANCER = BalancerSpec.of("least_request");
  private static final Metadata NONE = new Metadata();

  private final @Nullable CircuitBreaker breaker =
      new CircuitBreakers(System::nanoTime, new CallObservers(List.of()))
          .forMethod("bench.Echo/Say", CircuitBreakerPolicy.standard());
  private final RetryBudget budget = new RetryBudget(10, System::nanoTime);

  /** One attempt from its start to its end, as the transport tells it. */
  @Benchmark
  public Object trace() {
    AttemptTracer tracer =
        new AttemptTracer(
            LoadBalancingContext.first(PickRequest.of(BALANCER, EndpointFilter.ALLOW_ALL)),
            null,
            Kind.FIRST,
            true,
            System::nanoTime,
            1);
    tracer.streamCreated(Attributes.EMPTY, NONE);
    tracer.outboundHeaders();
    tracer.inboundHeaders();
    tracer.inboundMessage(0);
    tracer.inboundTrailers(NONE);
    tracer.streamClosed(Status.OK);
    return tracer.resultFor(Status.OK, NONE);
  }

  /** The share of a call in breaker and budget, which all threads touch. */
  @Benchmark
  public boolean breakerAndBudget() {
    long now = System.nanoTime();
    boolean passed = breaker == null || breaker.acquire(now);
    budget.deposit(now);
    if (breaker != null) {
      breaker.record(Code.OK, "", now, now);
    }
    return passed;
  }
}
