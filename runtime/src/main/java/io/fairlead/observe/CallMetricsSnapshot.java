package io.fairlead.observe;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import io.fairlead.policy.Code;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@link InMemoryCallMetrics} had counted at one moment. Counts of zero are left out of the
 * maps.
 *
 * @param methods in order of target and name
 * @param endpoints by {@code host:port}
 * @param breakers those that have ever moved, with the phase they moved to last
 */
public record CallMetricsSnapshot(
    Map<MethodKey, MethodMetrics> methods,
    Map<String, EndpointMetrics> endpoints,
    List<CircuitBreakerStatus> breakers) {

  public CallMetricsSnapshot {
    methods = Collections.unmodifiableMap(new TreeMap<>(methods));
    endpoints = Collections.unmodifiableMap(new TreeMap<>(endpoints));
    breakers = List.copyOf(breakers);
  }

  /**
   * A method as called through one target.
   *
   * @param target of the channel
   * @param name full, such as {@code shop.v1.Inventory/Reserve}
   */
  public record MethodKey(String target, String name) implements Comparable<MethodKey> {
    private static final Comparator<MethodKey> ORDER =
        Comparator.comparing(MethodKey::target).thenComparing(MethodKey::name);

    @Override
    public int compareTo(MethodKey other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * The calls of a method.
   *
   * @param calls by how they ended, before any fallback
   * @param totalTime that they took in all, by how they ended
   * @param longest of one call
   * @param attempts by why they were made
   * @param fallbacksServed failures for which a fallback was served, by its kind
   * @param last failure, or null if there was none
   */
  public record MethodMetrics(
      Map<Code, Long> calls,
      Map<Code, Duration> totalTime,
      Duration longest,
      Map<AttemptOutcome.Kind, Long> attempts,
      Map<FallbackKind, Long> fallbacksServed,
      @Nullable Failure last) {
    public MethodMetrics {
      calls = Map.copyOf(calls);
      totalTime = Map.copyOf(totalTime);
      attempts = Map.copyOf(attempts);
      fallbacksServed = Map.copyOf(fallbacksServed);
    }
  }

  /**
   * The attempts at an endpoint.
   *
   * @param attempts by how they ended
   * @param wireTime the time that they took in all, once they had a connection
   * @param last failure, or null if there was none
   */
  public record EndpointMetrics(
      Map<Code, Long> attempts, Duration wireTime, @Nullable Failure last) {
    public EndpointMetrics {
      attempts = Map.copyOf(attempts);
    }
  }

  /**
   * A failure and when it was seen.
   *
   * @param explanation the {@link CallExplanation} of a call, or the {@link AttemptOutcome} of an
   *     attempt
   */
  public record Failure(Instant at, Code code, Object explanation) {
    /** Returns one line of text. */
    public String text() {
      return explanation instanceof CallExplanation explanation
          ? explanation.headline()
          : this.explanation.toString();
    }

    @Override
    public String toString() {
      return at + " " + code + ": " + text();
    }
  }

  /**
   * A figure under the name that gRPC's own metrics have, for an exporter.
   *
   * @param name as in gRFC A66 and A96
   * @param labels by their names there
   * @param count how many
   * @param sum of the values, in seconds for durations; for counters the count again
   */
  public record Metric(String name, Map<String, String> labels, long count, double sum) {
    public Metric {
      labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    }
  }

  /** Returns the figures of the methods under gRPC's names, in order. */
  public List<Metric> metrics() {
    List<Metric> metrics = new ArrayList<>();
    methods.forEach(
        (methodKey, counts) -> {
          Map<String, String> labels = new LinkedHashMap<>();
          labels.put("grpc.method", methodKey.name());
          labels.put("grpc.target", methodKey.target());
          new TreeMap<>(counts.calls())
              .forEach((code, calls) -> metrics.add(duration(labels, code, calls, counts)));
          counter(metrics, "grpc.client.attempt.started", labels, sum(counts.attempts()));
          kind(metrics, "grpc.client.call.retries", labels, counts, AttemptOutcome.Kind.RETRY);
          kind(
              metrics,
              "grpc.client.call.transparent_retries",
              labels,
              counts,
              AttemptOutcome.Kind.RESEND);
          kind(metrics, "grpc.client.call.hedges", labels, counts, AttemptOutcome.Kind.HEDGE);
        });
    return metrics;
  }

  private static Metric duration(
      Map<String, String> labels, Code code, long calls, MethodMetrics counts) {
    Map<String, String> withStatus = new LinkedHashMap<>(labels);
    withStatus.put("grpc.status", code.name());
    Duration time = counts.totalTime().getOrDefault(code, Duration.ZERO);
    return new Metric("grpc.client.call.duration", withStatus, calls, time.toNanos() / 1e9);
  }

  private static void kind(
      List<Metric> metrics,
      String name,
      Map<String, String> labels,
      MethodMetrics counts,
      AttemptOutcome.Kind kind) {
    counter(metrics, name, labels, counts.attempts().getOrDefault(kind, 0L));
  }

  private static void counter(
      List<Metric> metrics, String name, Map<String, String> labels, long count) {
    if (count > 0) {
      metrics.add(new Metric(name, labels, count, count));
    }
  }

  private static long sum(Map<?, Long> numbers) {
    return numbers.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns all figures as text, on several lines. */
  public String text() {
    StringBuilder text = new StringBuilder();
    methods.forEach(
        (methodKey, counts) -> {
          text.append(methodKey.name()).append(" on ").append(methodKey.target()).append(": ");
          text.append(Plural.of(sum(counts.calls()), "call")).append(' ');
          text.append(new TreeMap<>(counts.calls()));
          text.append(", attempts ").append(new TreeMap<>(counts.attempts()));
          if (!counts.fallbacksServed().isEmpty()) {
            text.append(", fallbacks ").append(new TreeMap<>(counts.fallbacksServed()));
          }
          text.append(", longest ").append(Durations.rough(counts.longest().toNanos()));
          last(text, counts.last());
        });
    endpoints.forEach(
        (endpoint, counts) -> {
          text.append(endpoint).append(": ");
          text.append(Plural.of(sum(counts.attempts()), "attempt")).append(' ');
          text.append(new TreeMap<>(counts.attempts()));
          last(text, counts.last());
        });
    breakers.forEach(breaker -> text.append(breaker).append('\n'));
    return text.toString();
  }

  private static void last(StringBuilder text, @Nullable Failure failure) {
    text.append(failure == null ? "" : "\n  last failure at " + failure).append('\n');
  }

  /** Returns the same as {@link #text}. */
  @Override
  public String toString() {
    return text();
  }
}
