package io.fairlead.scaling;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.scaling.internal.orca.OpenRcaServiceRpc;
import io.fairlead.scaling.internal.orca.OrcaLoadReport;
import io.fairlead.scaling.internal.orca.OrcaLoadReportRequest;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The load of a service: its endpoints from a registry, and a stream of load reports from each of
 * them. Endpoints serve a {@link LoadReporter}.
 *
 * <p>The load is in calls a second: those that have come, whether they were served or refused. What
 * is not known is said: a list that the registry does not confirm makes the load unknown, and an
 * endpoint whose reports have stopped for three intervals does not count as reporting.
 *
 * <p>With {@link Builder#countWaitingCalls} it also has the calls that wait in clients with a
 * {@link WaitingReporter}: a service may have no instance then.
 *
 * <p>Safe for use by many threads; the code that opens it closes it. It owns a channel to each
 * endpoint, and one thread.
 */
public final class ServiceLoadView implements LoadSource, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");

  private final String service;
  private final Duration interval;
  private final UnaryOperator<RpcChannel.Builder> channels;
  private final IntSupplier pending;
  private final InstantSource clock;
  private final ScheduledExecutorService timer;
  private final Watch watch;

  /** Of the clients whose calls wait; null if those are not counted. */
  private final @Nullable Watch waitingWatch;

  private volatile Resolution waiting = new Resolution.Pending();

  /** By id; guarded by this object's lock, as all below. */
  private final Map<String, Reader> readers = new TreeMap<>();

  private Resolution resolution = new Resolution.Pending();
  private boolean closed;

  private ServiceLoadView(Registry registry, String service, Builder builder) {
    this.service = service;
    this.interval = builder.interval;
    this.channels = builder.channels;
    this.pending = builder.pending;
    this.clock = builder.clock;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "fairlead-load-" + service);
              thread.setDaemon(true);
              return thread;
            });
    this.watch =
        registry.watch(
            service,
            update -> {
              if (!timer.isShutdown()) {
                timer.execute(() -> follow(update));
              }
            });
    this.waitingWatch =
        builder.countWaitingCalls
            ? registry.watch(RegistryNote.WAITING + service, update -> waiting = update)
            : null;
  }

  /** Starts to describe a view. */
  public static Builder builder() {
    return new Builder();
  }

  /** On the timer, as closing a channel may wait. */
  private void follow(Resolution update) {
    List<Reader> gone = new ArrayList<>();
    List<Reader> come = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      resolution = update;
      Map<String, Endpoint> listed = new HashMap<>();
      if (update instanceof Resolution.Bound bound) {
        bound.snapshot().endpoints().forEach(each -> listed.put(each.id(), each));
      } else if (!(update instanceof Resolution.Absent)) {
        return; // the last list is the best that is known
      }
      readers
          .values()
          .removeIf(
              reader -> {
                Endpoint now = listed.get(reader.endpoint.id());
                if (now == null || !now.addresses().equals(reader.endpoint.addresses())) {
                  gone.add(reader);
                  return true;
                }
                reader.endpoint = now;
                return false;
              });
      listed.forEach(
          (id, endpoint) -> {
            if (!readers.containsKey(id)) {
              Reader reader = new Reader(endpoint);
              readers.put(id, reader);
              come.add(reader);
            }
          });
    }
    come.forEach(Reader::open);
    gone.forEach(Reader::close);
  }

  @Override
  public synchronized ServiceLoad read() {
    LoadSample.Builder sample = LoadSample.builder(clock.instant());
    List<EndpointLoad> endpoints = new ArrayList<>();
    double offered = 0;
    double served = 0;
    double refused = 0;
    double work = 0;
    int ready = 0;
    int reporting = 0;
    int working = 0;
    for (Reader reader : readers.values()) {
      OrcaLoadReport report = reader.fresh();
      boolean draining = reader.endpoint.draining();
      endpoints.add(
          new EndpointLoad(
              reader.endpoint.id(),
              reader.endpoint.addresses().get(0).hostAndPort(),
              draining ? "draining" : "ready",
              report == null ? OptionalDouble.empty() : OptionalDouble.of(offered(report)),
              report == null || report.getCpuUtilization() == 0
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(report.getCpuUtilization()),
              report == null || !report.containsNamedMetrics(LoadReporter.IN_FLIGHT)
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(report.getNamedMetricsOrThrow(LoadReporter.IN_FLIGHT))));
      if (report != null) {
        // Of those that leave too: their calls go elsewhere next.
        offered += offered(report);
        served += report.getRpsFractional();
        refused += report.getNamedMetricsOrDefault(LoadReporter.REFUSED, 0);
      }
      if (!draining) {
        ready++;
        if (report != null) {
          reporting++;
          if (report.getCpuUtilization() > 0) {
            working++;
            work += report.getCpuUtilization();
          }
        }
      }
    }
    sample.instances(ready, pending.getAsInt()).reporting(reporting).served(served);
    if (working > 0) {
      sample.utilization(work / working);
    }
    WaitingCalls held = WaitingCalls.of(waiting);
    sample.unserved(refused + held.perSecond()).waiting(held.calls(), held.perSecond());
    String unknown = unknown(ready, reporting);
    if (unknown.isEmpty()) {
      sample.offered(offered);
    } else {
      sample.unknown(unknown);
    }
    return new ServiceLoad(sample.build(), endpoints);
  }

  private String unknown(int ready, int reporting) {
    if (resolution instanceof Resolution.Bound bound
        && bound.freshness() != Resolution.Freshness.CURRENT) {
      return "the registry's list of " + service + " is " + bound.freshness();
    }
    if (resolution instanceof Resolution.Failed failed) {
      return "the registry cannot say who serves " + service + ": " + failed.reason();
    }
    if (resolution instanceof Resolution.Pending) {
      return "the registry has not answered yet";
    }
    if (ready == 0 && waitingWatch == null) {
      return "no instance of " + service + " takes calls, so nobody counts its load";
    }
    if (ready > 0 && reporting == 0) {
      return "none of the "
          + ready
          + " instances of "
          + service
          + " reports its load; do they serve a LoadReporter?";
    }
    return waitingWatch == null ? "" : WaitingCalls.whyUnknown(waiting, service);
  }

  @Override
  public boolean countsWaitingCalls() {
    return waitingWatch != null;
  }

  private static double offered(OrcaLoadReport report) {
    return report.getNamedMetricsOrDefault(LoadReporter.OFFERED, report.getRpsFractional());
  }

  @Override
  public void close() {
    watch.close();
    if (waitingWatch != null) {
      waitingWatch.close();
    }
    List<Reader> open;
    synchronized (this) {
      closed = true;
      open = List.copyOf(readers.values());
      readers.clear();
    }
    timer.shutdownNow();
    open.forEach(Reader::close);
  }

  @Override
  public String toString() {
    return "ServiceLoadView[" + service + "]";
  }

  /** Reads the stream of one endpoint, and opens it again when it has ended. */
  private final class Reader implements Flow.Subscriber<OrcaLoadReport> {
    /** Guarded by the view's lock. */
    private Endpoint endpoint;

    private volatile @Nullable OrcaLoadReport report;
    private volatile long reportedAt;
    private volatile boolean ended;

    /** Null before the first stream. */
    private volatile Flow.@Nullable Subscription subscription;

    /** Guarded by this object's lock, so that none is opened once it is closed. */
    private @Nullable RpcChannel channel;

    Reader(Endpoint endpoint) {
      this.endpoint = endpoint;
    }

    /** On the timer; a channel that cannot be made is tried again. */
    void open() {
      try {
        subscribe();
      } catch (RuntimeException e) {
        LOG.log(
            Level.WARNING,
            "service " + service + ": no load can be read from " + endpoint.id() + ": " + e);
        again();
      }
    }

    private synchronized void subscribe() {
      if (ended) {
        return;
      }
      RpcChannel opened = channel;
      if (opened == null) {
        opened =
            channels
                .apply(
                    RpcChannel.to(endpoint.addresses().get(0).hostAndPort())
                        // Also of one that leaves: its load goes elsewhere next.
                        .balancing(BalancingOptions.builder().withoutHealth().build()))
                .build();
        channel = opened;
      }
      OpenRcaServiceRpc.asyncClient(opened)
          .streamCoreMetrics(
              OrcaLoadReportRequest.newBuilder()
                  .setReportInterval(
                      com.google.protobuf.Duration.newBuilder()
                          .setSeconds(interval.getSeconds())
                          .setNanos(interval.getNano()))
                  .build())
          .subscribe(this);
    }

    @Nullable OrcaLoadReport fresh() {
      OrcaLoadReport last = report;
      return last != null && System.nanoTime() - reportedAt < 3 * interval.toNanos() ? last : null;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(OrcaLoadReport next) {
      reportedAt = System.nanoTime();
      report = next;
    }

    @Override
    public void onError(Throwable failure) {
      LOG.log(Level.DEBUG, () -> "load reports of " + endpoint.id() + " ended: " + failure);
      again();
    }

    @Override
    public void onComplete() {
      again();
    }

    private void again() {
      if (!ended && !timer.isShutdown()) {
        ScheduledFuture<?> unused =
            timer.schedule(this::open, interval.toNanos(), TimeUnit.NANOSECONDS);
      }
    }

    synchronized void close() {
      ended = true;
      Flow.Subscription stream = subscription;
      if (stream != null) {
        stream.cancel(); // else the channel waits for its end
      }
      RpcChannel opened = channel;
      if (opened != null) {
        opened.close();
      }
    }
  }

  /** Collects what a view is to be. Not safe for use by several threads. */
  public static final class Builder {
    private Duration interval = Duration.ofSeconds(2);
    private UnaryOperator<RpcChannel.Builder> channels = builder -> builder;
    private IntSupplier pending = () -> 0;
    private boolean countWaitingCalls;
    private InstantSource clock = InstantSource.system();

    private Builder() {}

    /** Sets how often endpoints report. Default: 2s. */
    public Builder interval(Duration value) {
      if (value.toMillis() < 1) {
        throw new IllegalArgumentException("interval " + value + " is below a millisecond");
      }
      interval = value;
      return this;
    }

    /** Changes the channel to each endpoint, e.g. its credentials. */
    public Builder channels(UnaryOperator<RpcChannel.Builder> change) {
      channels = Objects.requireNonNull(change, "change");
      return this;
    }

    /** Sets who knows how many instances are starting. Default: nobody, and they count as none. */
    public Builder pending(IntSupplier source) {
      pending = Objects.requireNonNull(source, "source");
      return this;
    }

    /**
     * Counts the calls that wait in clients with a {@link WaitingReporter} on the same registry.
     * With it a service may have no instance at all. Default: they are not counted.
     */
    public Builder countWaitingCalls() {
      countWaitingCalls = true;
      return this;
    }

    /** Follows a service. The registry stays the caller's. */
    public ServiceLoadView open(Registry registry, String service) {
      return new ServiceLoadView(registry, service, this);
    }
  }
}
