package io.fairlead.telemetry;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.Code;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;

/**
 * Keeps the last failure of each method and of each endpoint, in words, and how many there were:
 * for a status page, and for tests. Metrics tell how often calls fail; this tells why.
 *
 * <p>Give it to the builders of one or more channels. Safe for use by many threads. The methods and
 * endpoints after the first {@value #MAX_NAMES} have one entry, {@code other}. A call that ends
 * well at its first attempt costs nothing.
 */
public final class RecentFailures implements CallObserver {
  private static final int MAX_NAMES = 10_000;

  private final InstantSource clock;
  private final ConcurrentMap<String, Failure> byMethod = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Failure> byEndpoint = new ConcurrentHashMap<>();

  /**
   * The failures of a method, or of an endpoint.
   *
   * @param name the method and its target, as in {@code shop.v1.Inventory/Reserve on
   *     etcd:///inventory}, or the endpoint's {@code host:port}
   * @param count of the failures so far
   * @param at when the last one was seen
   * @param code of the last one
   * @param text the last one in one line
   */
  public record Failure(String name, long count, Instant at, Code code, String text) {
    @Override
    public String toString() {
      return name + ": " + count + " failed, the last at " + at + " with " + code + ": " + text;
    }

    private Failure after(Failure before) {
      return new Failure(name, before.count + 1, at, code, text);
    }
  }

  /** Starts with no failure. */
  public RecentFailures() {
    this(InstantSource.system());
  }

  RecentFailures(InstantSource clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    if (outcome.code() != Code.OK) {
      String name = outcome.method() + " on " + outcome.target();
      add(byMethod, name, outcome.code(), CallExplanation.of(outcome).headline());
    }
    for (AttemptOutcome attempt : outcome.attempts()) {
      if (attempt.code() != Code.OK && !attempt.endpoint().isEmpty()) {
        add(byEndpoint, attempt.endpoint(), attempt.code(), attempt.toString());
      }
    }
  }

  private void add(ConcurrentMap<String, Failure> to, String name, Code code, String text) {
    String key = to.containsKey(name) || to.size() < MAX_NAMES ? name : ClientMetrics.OTHER;
    Failure failure = new Failure(key, 1, clock.instant(), code, text);
    to.merge(key, failure, (before, last) -> last.after(before));
  }

  /** Returns the methods that have failed, in order of name. */
  public List<Failure> methods() {
    return sorted(byMethod);
  }

  /** Returns the endpoints at which an attempt has failed, in order of name. */
  public List<Failure> endpoints() {
    return sorted(byEndpoint);
  }

  private static List<Failure> sorted(ConcurrentMap<String, Failure> failures) {
    return failures.values().stream().sorted(Comparator.comparing(Failure::name)).toList();
  }

  /** Returns all of them, one on a line. */
  @Override
  public String toString() {
    List<Failure> all = new ArrayList<>(methods());
    all.addAll(endpoints());
    return all.stream().map(Failure::toString).collect(Collectors.joining("\n"));
  }
}
