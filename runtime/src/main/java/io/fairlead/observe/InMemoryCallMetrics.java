package io.fairlead.observe;

import com.google.common.cache.CacheBuilder;
import io.fairlead.observe.CallMetricsSnapshot.EndpointMetrics;
import io.fairlead.observe.CallMetricsSnapshot.MethodMetrics;
import io.fairlead.policy.Code;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts calls in memory: by method, by endpoint and by attempt, with the last failure of each, and
 * keeps the last word of each circuit breaker. For tests, for a status page, and as the source of
 * whatever metrics library a program has.
 *
 * <p>Give it to the builders of one or more channels. Safe for use by many threads. It keeps the
 * {@value #MAX_ENTRIES} methods and endpoints that were used last.
 */
public final class InMemoryCallMetrics implements CallObserver {
  private static final int MAX_ENTRIES = 10_000;

  private final InstantSource clock;
  private final ConcurrentMap<CallMetricsSnapshot.MethodKey, MethodCounts> methods = bounded();
  private final ConcurrentMap<String, EndpointCounts> endpoints = bounded();
  private final ConcurrentMap<String, CircuitBreakerStatus> breakers = bounded();

  /** Starts with nothing counted. */
  public InMemoryCallMetrics() {
    this(InstantSource.system());
  }

  /** With a clock for the times of failures. */
  public InMemoryCallMetrics(InstantSource clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  private static <K, V> ConcurrentMap<K, V> bounded() {
    return CacheBuilder.newBuilder().maximumSize(MAX_ENTRIES).<K, V>build().asMap();
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    counts(outcome).add(outcome, clock);
    for (AttemptOutcome attempt : outcome.attempts()) {
      if (!attempt.endpoint().isEmpty()) {
        endpoints
            .computeIfAbsent(attempt.endpoint(), key -> new EndpointCounts())
            .add(attempt, clock);
      }
    }
  }

  @Override
  public void fallbackServed(CallOutcome failure, FallbackKind by) {
    counts(failure).fallbacksServed.add(by);
  }

  @Override
  public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
    breakers.put(breaker.scope() + " " + breaker.name(), breaker);
  }

  private MethodCounts counts(CallOutcome outcome) {
    return methods.computeIfAbsent(
        new CallMetricsSnapshot.MethodKey(outcome.target(), outcome.method()),
        key -> new MethodCounts());
  }

  /**
   * Returns what has been counted so far. Not atomic: a call that ends meanwhile may be partly
   * counted.
   */
  public CallMetricsSnapshot snapshot() {
    Map<CallMetricsSnapshot.MethodKey, MethodMetrics> ofMethods = new TreeMap<>();
    methods.forEach((methodKey, counts) -> ofMethods.put(methodKey, counts.read()));
    Map<String, EndpointMetrics> ofEndpoints = new TreeMap<>();
    endpoints.forEach((endpoint, counts) -> ofEndpoints.put(endpoint, counts.read()));
    return new CallMetricsSnapshot(
        ofMethods, ofEndpoints, new TreeMap<>(breakers).values().stream().toList());
  }

  /** The numbers of things named by an enum. */
  private static final class Tally<E extends Enum<E>> {
    private final ConcurrentHashMap<E, LongAdder> numbers = new ConcurrentHashMap<>();

    void add(E what) {
      add(what, 1);
    }

    void add(E what, long number) {
      numbers.computeIfAbsent(what, key -> new LongAdder()).add(number);
    }

    Map<E, Long> read() {
      Map<E, Long> read = new TreeMap<>();
      numbers.forEach((what, number) -> read.put(what, number.sum()));
      return read;
    }
  }

  private static final class MethodCounts {
    private final Tally<Code> calls = new Tally<>();
    private final Tally<Code> nanos = new Tally<>();
    private final Tally<AttemptOutcome.Kind> attempts = new Tally<>();
    private final Tally<FallbackKind> fallbacksServed = new Tally<>();
    private final LongAccumulator longest = new LongAccumulator(Math::max, 0);
    private volatile CallMetricsSnapshot.@Nullable Failure last;

    void add(CallOutcome outcome, InstantSource clock) {
      calls.add(outcome.code());
      nanos.add(outcome.code(), outcome.totalTime().toNanos());
      longest.accumulate(outcome.totalTime().toNanos());
      for (AttemptOutcome attempt : outcome.attempts()) {
        attempts.add(attempt.kind());
      }
      if (outcome.code() != Code.OK) {
        last =
            new CallMetricsSnapshot.Failure(
                clock.instant(), outcome.code(), CallExplanation.of(outcome));
      }
    }

    MethodMetrics read() {
      Map<Code, Duration> times = new EnumMap<>(Code.class);
      nanos.read().forEach((code, sum) -> times.put(code, Duration.ofNanos(sum)));
      return new MethodMetrics(
          calls.read(),
          times,
          Duration.ofNanos(longest.get()),
          attempts.read(),
          fallbacksServed.read(),
          last);
    }
  }

  private static final class EndpointCounts {
    private final Tally<Code> attempts = new Tally<>();
    private final LongAdder wireNanos = new LongAdder();
    private volatile CallMetricsSnapshot.@Nullable Failure last;

    void add(AttemptOutcome attempt, InstantSource clock) {
      attempts.add(attempt.code());
      wireNanos.add(attempt.wireTime().toNanos());
      if (attempt.code() != Code.OK) {
        last = new CallMetricsSnapshot.Failure(clock.instant(), attempt.code(), attempt);
      }
    }

    EndpointMetrics read() {
      return new EndpointMetrics(attempts.read(), Duration.ofNanos(wireNanos.sum()), last);
    }
  }
}
