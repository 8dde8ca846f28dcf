package io.fairlead.scaling;

import com.sun.management.OperatingSystemMXBean;
import io.fairlead.Source;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.scaling.internal.orca.OpenRcaService;
import io.fairlead.scaling.internal.orca.OpenRcaServiceRpc;
import io.fairlead.scaling.internal.orca.OrcaLoadReport;
import io.fairlead.scaling.internal.orca.OrcaLoadReportRequest;
import io.fairlead.server.RpcServer;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports the load of a server in the form of ORCA: to whoever subscribes to {@code
 * xds.service.orca.v3.OpenRcaService}, and with the trailers of each call. Fairlead's and
 * grpc-java's weighted balancers read both, and a {@link ServiceLoadView} reads the first.
 *
 * <pre>{@code
 * LoadReporter reporter = LoadReporter.builder().maxCalls(500).build();
 * RpcServer.builder("inventory")
 *     .service(InventoryRpc.bind(handler))
 *     .service(reporter)
 *     .observer(reporter)
 *     .intercept(reporter.trailers())
 * }</pre>
 *
 * <p>A report has the share of the processors at work, the calls served and failed each second, and
 * under names that begin with {@code fairlead.} what a scaler needs: calls offered and refused each
 * second, calls in flight, and the longest wait for admission. A report is made at most once a
 * second, however many ask for it. Safe for use by many threads.
 */
public final class LoadReporter implements BindableService, ServerCallObserver {
  static final String OFFERED = "fairlead.offered_per_s";
  static final String REFUSED = "fairlead.refused_per_s";
  static final String IN_FLIGHT = "fairlead.in_flight";
  static final String QUEUE_WAIT = "fairlead.queue_wait_ms_max";

  private static final Metadata.Key<byte[]> TRAILER =
      Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final String OWN_METHODS = OpenRcaServiceRpc.SERVICE_NAME + "/";
  private static final String ADMIN_METHODS = "fairlead.admin.";
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  /** Calls that have waited come to a server that has just started. */
  private static final long RELEASE_NANOS = Duration.ofSeconds(30).toNanos();

  private final int maxCalls;
  private final Duration minInterval;
  private final Map<String, DoubleSupplier> metrics;
  private final DoubleSupplier cpu;
  private final LongSupplier ticker;

  private final LongAdder started = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /** Calls that had waited in their client, which has reported them as load. */
  private final LongAdder waited = new LongAdder();

  private final LongAdder failed = new LongAdder();
  private final AtomicLong longestWait = new AtomicLong();

  /** When the server began to take calls, by {@link #ticker}. */
  private volatile long readyAt;

  /** Null until there is one. */
  private volatile @Nullable RpcServer watched;

  /** Replaced as a whole; guarded by this object's lock for writing. */
  private volatile @Nullable Report last;

  private LoadReporter(Builder builder) {
    this.maxCalls = builder.maxCalls;
    this.minInterval = builder.minInterval;
    this.metrics = new TreeMap<>(builder.metrics);
    this.cpu = builder.cpu;
    this.ticker = builder.ticker;
    this.readyAt = ticker.getAsLong();
    this.last = new Report(ticker.getAsLong(), 0, 0, 0, 0, 0, OrcaLoadReport.getDefaultInstance());
  }

  /** Counts at one time, and the report that was made of those since the time before. */
  private record Report(
      long at,
      long started,
      long ended,
      long refused,
      long failed,
      long waited,
      OrcaLoadReport message) {}

  /** Starts to describe one. */
  public static Builder builder() {
    return new Builder();
  }

  /** Counts a call of the application. */
  @Override
  public void callStarted(String method) {
    if (isOfApplication(method)) {
      started.increment();
    }
  }

  /** Counts how a call of the application ended. */
  @Override
  public void callEnded(ServerCallOutcome outcome) {
    if (!isOfApplication(outcome.method())) {
      return;
    }
    ended.increment();
    if (outcome.ending() == ServerCallOutcome.Ending.REJECTED_BY_ADMISSION) {
      refused.increment();
    } else if (outcome.code().isEndpointFault()) {
      failed.increment();
    }
    long wait = outcome.queueTime().toMillis();
    if (wait > longestWait.get()) {
      longestWait.accumulateAndGet(wait, Math::max);
    }
  }

  /** What was called before, to warm up, is no load. */
  @Override
  public synchronized void stateChanged(String server, ServerState state) {
    if (state.phase() == ServerState.Phase.READY) {
      longestWait.set(0);
      readyAt = ticker.getAsLong();
      last =
          new Report(
              ticker.getAsLong(),
              started.sum(),
              ended.sum(),
              refused.sum(),
              failed.sum(),
              waited.sum(),
              OrcaLoadReport.getDefaultInstance());
    }
  }

  private static boolean isOfApplication(String method) {
    return !method.startsWith(OWN_METHODS) && !method.startsWith(ADMIN_METHODS);
  }

  /**
   * Takes the utilization of a server from its admission, unless {@code maxCalls} was given: calls
   * in flight and waiting, as a share of what the limits allow.
   */
  public void watch(RpcServer server) {
    watched = Objects.requireNonNull(server, "server");
  }

  /** Returns an interceptor that sends the report with the trailers of each call. */
  public ServerInterceptor trailers() {
    return new Trailers();
  }

  /**
   * Returns an interceptor that does not count calls as offered that have waited in their client
   * for an instance: a {@link WaitingReporter} has reported them. Without it the first instance of
   * a service gets all of them at once, and more are started for that moment.
   *
   * <p>It does so in the first 30 s of a server, so that no caller can hide its load for longer.
   */
  public ServerInterceptor waited() {
    return new Waited();
  }

  /** Returns the present report, of the last second or a little more. */
  OrcaLoadReport report() {
    Report present = last;
    long now = ticker.getAsLong();
    if (present != null && now - present.at < FRESH_NANOS) {
      return present.message;
    }
    synchronized (this) {
      Report before = last;
      if (before == null || now - before.at >= FRESH_NANOS) {
        last =
            next(
                before == null
                    ? new Report(now, 0, 0, 0, 0, 0, OrcaLoadReport.getDefaultInstance())
                    : before,
                now);
      }
      return last == null ? OrcaLoadReport.getDefaultInstance() : last.message;
    }
  }

  private Report next(Report before, long now) {
    // Ends first: a call that ends in between must not make the difference negative.
    long over = ended.sum();
    long reported = waited.sum();
    long begun = started.sum();
    long rejected = refused.sum();
    long faults = failed.sum();
    double seconds = Math.max(1, now - before.at) / 1e9;
    long inFlight = begun - over;
    // A call is counted before an interceptor sees it, so one of the next interval may be taken
    // off.
    double offered = begun - before.started - (reported - before.waited);
    double served = (over - before.ended - (rejected - before.refused)) / seconds;
    OrcaLoadReport.Builder message =
        OrcaLoadReport.newBuilder()
            .setRpsFractional(Math.max(0, served))
            .setEps((faults - before.failed) / seconds)
            .putNamedMetrics(OFFERED, Math.max(0, offered) / seconds)
            .putNamedMetrics(REFUSED, (rejected - before.refused) / seconds)
            .putNamedMetrics(IN_FLIGHT, (double) inFlight)
            .putNamedMetrics(QUEUE_WAIT, (double) longestWait.getAndSet(0));
    double busy = cpu.getAsDouble();
    if (busy >= 0) {
      message.setCpuUtilization(busy);
    }
    if (maxCalls > 0) {
      message.setApplicationUtilization((double) inFlight / maxCalls);
    }
    RpcServer server = watched;
    if (maxCalls == 0 && server != null) {
      message.setApplicationUtilization(server.load().utilization());
    }
    metrics.forEach((name, value) -> message.putNamedMetrics(name, value.getAsDouble()));
    return new Report(now, begun, over, rejected, faults, reported, message.build());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return OpenRcaServiceRpc.bind(new Reports());
  }

  @Override
  public String toString() {
    return "LoadReporter";
  }

  /** Sends a report at once, and one at each interval, until the caller leaves. */
  private final class Reports implements OpenRcaService {
    @Override
    public Source<OrcaLoadReport> streamCoreMetrics(OrcaLoadReportRequest request) {
      Duration asked =
          Duration.ofSeconds(
              request.getReportInterval().getSeconds(), request.getReportInterval().getNanos());
      Duration interval = asked.compareTo(minInterval) < 0 ? minInterval : asked;
      return Source.from(
          out -> {
            while (true) {
              out.send(report());
              Thread.sleep(interval.toMillis());
            }
          });
    }
  }

  private final class Trailers implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(
          new SimpleForwardingServerCall<Q, R>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
              trailers.discardAll(TRAILER);
              trailers.put(TRAILER, report().toByteArray());
              super.close(status, trailers);
            }
          },
          headers);
    }

    @Override
    public String toString() {
      return "LoadReporter";
    }
  }

  private final class Waited implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      if (headers.containsKey(WaitingReporter.WAITED)
          && ticker.getAsLong() - readyAt < RELEASE_NANOS
          && isOfApplication(call.getMethodDescriptor().getFullMethodName())) {
        waited.increment();
      }
      return next.startCall(call, headers);
    }

    @Override
    public String toString() {
      return "LoadReporter";
    }
  }

  /** Collects what a reporter is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final Map<String, DoubleSupplier> metrics = new TreeMap<>();
    private int maxCalls;
    private Duration minInterval = Duration.ofSeconds(1);
    private DoubleSupplier cpu = Builder::processCpuLoad;
    private LongSupplier ticker = System::nanoTime;

    private Builder() {}

    private static double processCpuLoad() {
      return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
          ? system.getProcessCpuLoad()
          : -1;
    }

    /**
     * Sets how many calls the server can have in flight. With it, a report has the share of them as
     * the utilization of the application, which balancers prefer to that of the processors.
     */
    public Builder maxCalls(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("maxCalls " + value + " is too small; use at least 1");
      }
      maxCalls = value;
      return this;
    }

    /** Sets the shortest interval of reports that a caller may ask for. Default: 1s. */
    public Builder minInterval(Duration value) {
      if (value.toMillis() < 1) {
        throw new IllegalArgumentException("minInterval " + value + " is below a millisecond");
      }
      minInterval = value;
      return this;
    }

    /** Adds a metric of the application to each report. */
    public Builder metric(String name, DoubleSupplier value) {
      if (name.startsWith("fairlead.")) {
        throw new IllegalArgumentException(
            "the metric "
                + name
                + " begins with fairlead., which is for our own; take another name");
      }
      metrics.put(name, value);
      return this;
    }

    /** For tests: the share of the processors at work, below 0 if unknown. */
    Builder cpu(DoubleSupplier source) {
      cpu = source;
      return this;
    }

    /** For tests: a time in nanoseconds. */
    Builder ticker(LongSupplier source) {
      ticker = source;
      return this;
    }

    /** Makes it. */
    public LoadReporter build() {
      return new LoadReporter(this);
    }
  }
}
