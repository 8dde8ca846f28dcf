package io.fairlead.telemetry;

import io.fairlead.client.RpcChannel;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.CallMirror;
import io.fairlead.server.RpcServer;
import io.grpc.ConnectivityStateInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Counts and times the calls of channels and servers. One object serves all of a process: give it
 * to their builders as an observer. Counting takes no lock, and the memory is bounded by {@link
 * Builder#maxSeries}.
 *
 * <pre>{@code
 * Telemetry telemetry = Telemetry.create();
 * RpcServer server = RpcServer.builder("inventory").observer(telemetry)....start();
 * telemetry.watch(server);
 * RpcChannel channel = RpcChannel.to("etcd:///pricing").observer(telemetry).build();
 * telemetry.watch(channel);
 * }</pre>
 *
 * <p>Metrics have the names of gRPC's own specification where it has one. Safe for use by many
 * threads.
 */
public final class Telemetry implements CallObserver, ServerCallObserver {
  private final SeriesLimit limit;
  private final ServerMetrics server;
  private final ClientMetrics client;
  private final ConnectionMetrics connections;
  private final ForeignFigures foreign = new ForeignFigures();
  private final SeriesTable<CircuitBreakerStatus.Scope, LongAdder> openings =
      SeriesTable.unlimited(LongAdder::new);
  private final Set<RpcServer> servers = Collections.synchronizedSet(new LinkedHashSet<>());
  private final WatchedChannels channels = new WatchedChannels();
  private final Set<AccessLog> accessLogs = new CopyOnWriteArraySet<>();

  private Telemetry(Builder builder) {
    this.limit = new SeriesLimit(builder.maxSeries);
    this.server = new ServerMetrics(builder.methods, limit, builder.exemplars);
    this.client = new ClientMetrics(builder.targets, builder.methods, limit, builder.exemplars);
    this.connections = new ConnectionMetrics(builder.targets, limit);
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
  public void attemptStarted(String method, String target) {
    client.attemptStarted(method, target);
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
  public void callMirrored(String method, String target, String to, CallMirror.Result result) {
    client.callMirrored(method, target, to, result);
  }

  @Override
  public void responseStoreFailed(String target, String operation, Throwable failure) {
    client.responseStoreFailed(operation);
  }

  @Override
  public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
    if (breaker.phase() == CircuitBreakerStatus.Phase.OPEN) {
      openings.get(breaker.scope()).increment();
    }
  }

  @Override
  public void connectionChanged(String target, String endpoint, ConnectivityStateInfo now) {
    connections.changed(target, now.getState());
  }

  @Override
  public void weightsUpdated(String target, double[] weights, int stale) {
    connections.weightsUpdated(target, weights, stale);
  }

  @Override
  public void outlierFound(String target, String endpoint, String rule, boolean ejected) {
    connections.outlierFound(target, rule, ejected);
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

  /** Shows the endpoints and the circuit breakers of a channel as gauges, until it is closed. */
  public void watch(RpcChannel watched) {
    channels.add(Objects.requireNonNull(watched, "channel"));
  }

  /** Counts the lines of an access log, with those that it lost; after it is closed too. */
  public void watch(AccessLog watched) {
    accessLogs.add(Objects.requireNonNull(watched, "log"));
  }

  /**
   * Adds figures of others to what is collected, such as those of a registry:
   *
   * <pre>{@code
   * telemetry.add(
   *     figures ->
   *         registry
   *             .health()
   *             .gauges()
   *             .forEach(g -> figures.add(g.name(), g.labels(), g.value(), g.counter())));
   * }</pre>
   *
   * @param source is asked at each collection, and must not block. What it throws is logged, and
   *     its figures are left out.
   */
  public void add(Consumer<Figures> source) {
    foreign.add(Objects.requireNonNull(source, "source"));
  }

  /** Takes figures with their names. */
  @FunctionalInterface
  public interface Figures {
    /**
     * Takes one figure.
     *
     * @param name with dots; the suffix {@code .seconds} or {@code .bytes} is its unit
     * @param labels the same names for each figure of this name, and few values
     * @param counter whether it only grows
     */
    void add(String name, Map<String, String> labels, double value, boolean counter);
  }

  /** Returns all metrics as they are now. Those without a value are left out. */
  public List<MetricFamily> collect() {
    List<MetricFamily> families = new ArrayList<>();
    client.collect(families);
    server.collect(families);
    connections.collect(families);
    Map<RpcChannel, Integer> open = channels.open();
    EndpointGauges.collect(open, families);
    collectBreakers(open.keySet(), families);
    servers.removeIf(each -> each.state().phase() == ServerState.Phase.CLOSED);
    ServerGauges.collect(List.copyOf(servers), families);
    collectAccessLogs(families);
    foreign.collect(families);
    JvmMetrics.collect(families);
    collectSelf(families);
    families.removeIf(family -> family.points().isEmpty());
    return families;
  }

  private void collectBreakers(Set<RpcChannel> open, List<MetricFamily> into) {
    FamilyBuilder opened =
        FamilyBuilder.counter(
            "fairlead.client.breaker.openings",
            "How often circuit breakers have opened.",
            "{opening}",
            "fairlead.scope");
    openings.forEach((scope, count) -> opened.add(count.sum(), lower(scope)));
    FamilyBuilder active =
        FamilyBuilder.gauge(
            "fairlead.client.breaker.active",
            "Circuit breakers of watched channels that are open or half open.",
            "{breaker}",
            "server.address",
            "fairlead.scope",
            "fairlead.phase");
    Map<List<String>, Long> numbers = new TreeMap<>(Comparator.comparing(List::toString));
    for (RpcChannel each : open) {
      for (CircuitBreakerStatus breaker : each.breakers()) {
        if (breaker.phase() != CircuitBreakerStatus.Phase.CLOSED) {
          List<String> labels =
              List.of(each.authority(), lower(breaker.scope()), lower(breaker.phase()));
          numbers.merge(labels, 1L, Long::sum);
        }
      }
    }
    numbers.forEach((labels, number) -> active.add(number, labels.toArray(String[]::new)));
    into.add(opened.build());
    into.add(active.build());
  }

  private void collectAccessLogs(List<MetricFamily> into) {
    FamilyBuilder lines =
        FamilyBuilder.counter(
            "fairlead.access_log.lines",
            "Lines of access logs that were written, lost, or left out because of the limit.",
            "{line}",
            "fairlead.outcome");
    if (!accessLogs.isEmpty()) {
      lines.add(accessLogs.stream().mapToLong(AccessLog::written).sum(), "written");
      lines.add(accessLogs.stream().mapToLong(AccessLog::lost).sum(), "lost");
      lines.add(accessLogs.stream().mapToLong(AccessLog::overLimit).sum(), "over_limit");
    }
    into.add(lines.build());
  }

  private void collectSelf(List<MetricFamily> into) {
    FamilyBuilder series =
        FamilyBuilder.gauge(
            "fairlead.telemetry.series", "Series that this process keeps for calls.", "{series}");
    series.add(limit.used());
    FamilyBuilder refused =
        FamilyBuilder.counter(
            "fairlead.telemetry.overflows",
            "Values counted as 'other' because the limit of series was reached.",
            "{value}");
    refused.add(limit.refusals());
    into.add(series.build());
    into.add(refused.build());
  }

  /** What curves are drawn of. */
  void forEachDuration(
      ClientMetrics.DurationConsumer ofServers, ClientMetrics.DurationConsumer ofClients) {
    server.forEachDuration(ofServers);
    client.forEachDuration(ofClients);
  }

  /** What curves show of servers beside durations. */
  void forEachAdmission(ServerMetrics.AdmissionConsumer consumer) {
    server.forEachAdmission(consumer);
  }

  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "telemetry, " + limit.used() + " of at most " + limit.max() + " series";
  }

  /** Describes a telemetry. */
  public static final class Builder {
    private int maxSeries = 5_000;
    private Predicate<String> methods = name -> true;
    private Predicate<String> targets = name -> true;
    private boolean exemplars;

    private Builder() {}

    /**
     * Sets how many series may be kept; 5,000 if it is not given. What would take more is counted
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

    /**
     * Chooses the targets of channels that are told apart, in their canonical form such as {@code
     * dns:///pricing:50051}; others are one, {@code other}.
     */
    public Builder targets(Predicate<String> filter) {
      targets = Objects.requireNonNull(filter, "filter");
      return this;
    }

    /**
     * Keeps, for each bucket of the durations of calls and attempts, the latest call whose trace is
     * recorded, so that a graph leads to a trace. Needs {@link Tracing}, or spans of OpenTelemetry;
     * calls that are not sampled are only asked for their trace.
     */
    public Builder exemplars() {
      exemplars = true;
      return this;
    }

    /** Makes it. */
    public Telemetry build() {
      return new Telemetry(this);
    }
  }
}
