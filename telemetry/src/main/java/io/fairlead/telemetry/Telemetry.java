package io.fairlead.telemetry;

import io.fairlead.lifecycle.ServerPhase;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.CircuitBreaker;
import io.fairlead.server.RpcServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * Counts and times the calls of channels and servers. One object serves all of a process: give it
 * to their builders as an observer. Counting takes no lock and allocates nothing; the memory is
 * bounded by {@link Builder#maxSeries}.
 *
 * <pre>{@code
 * Telemetry telemetry = Telemetry.create();
 * RpcServer server = RpcServer.builder("inventory").observer(telemetry)....start();
 * telemetry.watch(server);
 * RpcChannel channel = RpcChannel.to("etcd:///pricing").observer(telemetry).build();
 * }</pre>
 *
 * <p>Metrics have the names of gRPC's own specification where it has one. Safe for use by many
 * threads.
 */
public final class Telemetry implements CallObserver, ServerCallObserver {
  private final SeriesLimit limit;
  private final ServerMetrics server;
  private final ClientMetrics client;
  private final Map<BreakerKey, CircuitBreakerStatus> breakers = new ConcurrentHashMap<>();
  private final List<RpcServer> servers = new CopyOnWriteArrayList<>();

  private record BreakerKey(CircuitBreakerStatus.Scope scope, String name) {}

  private Telemetry(Builder builder) {
    this.limit = new SeriesLimit(builder.maxSeries);
    this.server = new ServerMetrics(builder.methods, limit);
    this.client = new ClientMetrics(builder.targets, builder.methods, limit);
  }

  /** Returns one with the defaults. */
  public static Telemetry create() {
    return builder().build();
  }

  /** Starts to describe one. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    client.callEnded(outcome);
  }

  @Override
  public void fallbackServed(CallOutcome failure, FallbackKind kind) {
    client.fallbackServed(failure, kind);
  }

  @Override
  public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
    BreakerKey key = new BreakerKey(breaker.scope(), breaker.name());
    if (breaker.phase() == CircuitBreaker.Phase.CLOSED) {
      breakers.remove(key);
    } else {
      breakers.put(key, breaker);
    }
  }

  @Override
  public void callStarted(String method) {
    server.callStarted(method);
  }

  @Override
  public void callEnded(ServerCallOutcome outcome) {
    server.callEnded(outcome);
  }

  /** Shows the load and the phase of a server as gauges, until it is closed. */
  public void watch(RpcServer watched) {
    servers.add(Objects.requireNonNull(watched, "server"));
  }

  /** Returns all metrics as they are now. Those without a value are left out. */
  public List<MetricFamily> collect() {
    List<MetricFamily> families = new ArrayList<>();
    client.collect(families);
    server.collect(families);
    collectBreakers(families);
    collectServers(families);
    JvmMetrics.collect(families);
    collectSelf(families);
    families.removeIf(family -> family.points().isEmpty());
    return families;
  }

  private void collectBreakers(List<MetricFamily> into) {
    FamilyBuilder open =
        FamilyBuilder.gauge(
            "fairlead.client.breaker.active",
            "1 for each circuit breaker that is open or half open.",
            "{breaker}",
            "fairlead.scope",
            "fairlead.breaker",
            "fairlead.phase");
    breakers.forEach(
        (key, status) -> open.add(1, lower(key.scope()), key.name(), lower(status.phase())));
    into.add(open.build());
  }

  private void collectServers(List<MetricFamily> into) {
    FamilyBuilder inFlight =
        gauge("in_flight", "Calls that admission has let in and that have not ended.", "{call}");
    FamilyBuilder waiting = gauge("waiting", "Calls in the queue of admission.", "{call}");
    FamilyBuilder callers =
        gauge("callers", "Callers that admission keeps an account of.", "{caller}");
    FamilyBuilder serving =
        gauge("serving", "1 while the server serves, 0 before and while it drains.", "{server}");
    servers.removeIf(each -> each.state().phase() == ServerPhase.CLOSED);
    for (RpcServer each : servers) {
      String port = Integer.toString(each.port());
      ServerLoad load = each.load();
      inFlight.add(load.inFlight(), port);
      waiting.add(load.waiting(), port);
      callers.add(load.callers(), port);
      serving.add(each.state().phase() == ServerPhase.SERVING ? 1 : 0, port);
    }
    for (FamilyBuilder family : List.of(inFlight, waiting, callers, serving)) {
      into.add(family.build());
    }
  }

  private void collectSelf(List<MetricFamily> into) {
    FamilyBuilder series =
        FamilyBuilder.gauge(
            "fairlead.telemetry.series", "Series that this process keeps for calls.", "{series}");
    series.add(limit.used());
    FamilyBuilder refused =
        FamilyBuilder.counter(
            "fairlead.telemetry.calls.unlabeled",
            "Calls counted as 'other' because the limit of series was reached.",
            "{call}");
    refused.add(limit.refusals());
    into.add(series.build());
    into.add(refused.build());
  }

  private static FamilyBuilder gauge(String name, String help, String unit) {
    return FamilyBuilder.gauge("fairlead.server." + name, help, unit, "server.port");
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "telemetry, " + limit.used() + " of at most " + limit.max() + " series";
  }

  /** Describes a telemetry. */
  public static final class Builder {
    private int maxSeries = 20_000;
    private Predicate<String> methods = name -> true;
    private Predicate<String> targets = name -> true;

    private Builder() {}

    /**
     * Sets how many series may be kept; 20,000 if it is not given. What would take more is counted
     * with {@code other} as its method, and a warning says so once.
     */
    public Builder maxSeries(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("maxSeries " + count + " is not positive");
      }
      maxSeries = count;
      return this;
    }

    /** Chooses the methods, by full name, that are told apart; others are one, {@code other}. */
    public Builder methods(Predicate<String> filter) {
      methods = Objects.requireNonNull(filter, "filter");
      return this;
    }

    /** Chooses the targets of channels that are told apart; others are one, {@code other}. */
    public Builder targets(Predicate<String> filter) {
      targets = Objects.requireNonNull(filter, "filter");
      return this;
    }

    /** Makes it. */
    public Telemetry build() {
      return new Telemetry(this);
    }
  }
}
