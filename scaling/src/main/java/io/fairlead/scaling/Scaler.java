package io.fairlead.scaling;

import io.fairlead.admin.AuditEvent;
import io.fairlead.discovery.Registry;
import io.fairlead.management.WebHandler;
import io.fairlead.scaling.ScalingDecision.Kind;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the load of a service at each tick, and decides how many instances it needs. Whoever starts
 * and stops instances is told of each decision.
 *
 * <pre>{@code
 * Scaler scaler =
 *     Scaler.builder("inventory", loadSource, ScalingPolicy.builder(50).max(20).build())
 *         .onDecision(decision -> fleet.resize(decision.want()))
 *         .start();
 * ManagementServer.builder()
 *     .handler("/load", scaler.loadPage())
 *     .handler("/scale", scaler.scalePage())
 * }</pre>
 *
 * <p>Each change of what is wanted, or of the kind of reason, is a line of the log, an {@link
 * AuditEvent}, and one more in {@link #gauges}. With {@link Builder#announce} the console shows it.
 * Safe for use by many threads; the code that starts it closes it.
 */
public final class Scaler implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");

  /** How many changes a page shows. */
  private static final int REMEMBERED = 20;

  private final String service;
  private final LoadSource source;
  private final ScalingPolicy policy;
  private final ScalingRule rule;
  private final InstantSource clock;
  private final List<Consumer<? super ScalingDecision>> listeners;
  private final List<Consumer<? super AuditEvent>> auditors;
  private final @Nullable Announcement announcement;
  private final @Nullable ScheduledExecutorService timer;

  /** Of the last {@link ScalingRule#HISTORY}; guarded by this object's lock, as all below. */
  private final List<LoadSample> history = new ArrayList<>();

  private @Nullable ServiceLoad load;
  private @Nullable ScalingDecision decision;

  /** What it has grown to last, and when: those instances may still be starting. */
  private int grownTo;

  private Instant grownAt = Instant.MIN;

  /** How many changes there were of each kind. */
  private final Map<Kind, Long> changes = new EnumMap<>(Kind.class);

  /** The last ones, the newest last. */
  private final Deque<Change> recent = new ArrayDeque<>();

  private Scaler(Builder builder, boolean ticks) {
    if (builder.policy.min() == 0 && !builder.source.countsWaitingCalls()) {
      throw new IllegalStateException(
          "service %s may have no instance (min 0), and its load source counts no calls that wait"
                  .formatted(builder.service)
              + " for the first one; use min 1, or a source that does, such as a ServiceLoadView"
              + " with countWaitingCalls()");
    }
    this.service = builder.service;
    this.source = builder.source;
    this.policy = builder.policy;
    this.rule = builder.rule == null ? ScalingRule.of(builder.policy) : builder.rule;
    this.clock = builder.clock;
    this.listeners = List.copyOf(builder.listeners);
    this.auditors = List.copyOf(builder.auditors);
    this.announcement =
        builder.announcedTo == null ? null : new Announcement(this, builder.announcedTo);
    this.timer =
        ticks
            ? Executors.newSingleThreadScheduledExecutor(
                task -> {
                  Thread thread = new Thread(task, "fairlead-scaler-" + builder.service);
                  thread.setDaemon(true);
                  return thread;
                })
            : null;
    if (timer != null) {
      long nanos = builder.tick.toNanos();
      // Ended by the end of the timer.
      ScheduledFuture<?> unused =
          timer.scheduleWithFixedDelay(this::tickAndLog, 0, nanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Starts to describe a scaler of a service. */
  public static Builder builder(String service, LoadSource source, ScalingPolicy policy) {
    return new Builder(service, source, policy);
  }

  private void tickAndLog() {
    try {
      tick();
    } catch (RuntimeException | Error e) {
      // An exception would end the ticks.
      LOG.log(Level.ERROR, "service " + service + ": a tick of the scaler failed", e);
    }
  }

  /** Reads the load and decides. */
  void tick() {
    Instant now = clock.instant();
    ServiceLoad read = read(now);
    ScalingDecision next;
    boolean changed;
    synchronized (this) {
      load = read;
      // A source that has nothing new may return the last sample again.
      if (history.isEmpty() || history.get(history.size() - 1) != read.sample()) {
        history.add(read.sample());
      }
      Instant oldest = now.minus(ScalingRule.HISTORY);
      // The last one stays, however old: the rule says so then.
      history.removeIf(sample -> sample != read.sample() && sample.at().isBefore(oldest));
      next = keepGrowth(rule.decide(history, now), read.sample().instances(), now);
      changed = decision == null || isNews(decision, next);
      decision = next;
      if (changed) {
        changes.merge(next.kind(), 1L, Long::sum);
        recent.addLast(new Change(now, read.sample().instances(), next));
        if (recent.size() > REMEMBERED) {
          recent.removeFirst();
        }
      }
    }
    if (changed) {
      LOG.log(Level.INFO, "service {0}: {1} wanted: {2}", service, next.want(), next.why());
      tell(auditors, event(now, read.sample().instances(), next));
    }
    if (announcement != null) {
      announcement.offer(read, next, changed, now);
    }
    tell(listeners, next);
  }

  private AuditEvent event(Instant now, int running, ScalingDecision next) {
    return new AuditEvent(
        now,
        "scaler",
        "Scale",
        "service=%s running=%d want=%d kind=%s"
            .formatted(service, running, next.want(), next.kind()),
        next.why(),
        "decided");
  }

  private <T> void tell(List<Consumer<? super T>> all, T news) {
    for (Consumer<? super T> listener : all) {
      try {
        listener.accept(news);
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "service " + service + ": a listener failed on " + news, e);
      }
    }
  }

  /**
   * A rule that holds still asks for what runs. Instances that it has just asked for may not be
   * counted yet, and would be stopped by that.
   */
  private ScalingDecision keepGrowth(ScalingDecision next, int running, Instant now) {
    if (next.want() > running) {
      grownTo = next.want();
      grownAt = now;
      return next;
    }
    boolean starting = now.isBefore(grownAt.plus(policy.startTime()));
    return starting && next.want() < grownTo && next.kind().changesNothing()
        ? new ScalingDecision(
            grownTo,
            next.kind(),
            next.why() + "; " + (grownTo - running) + " instances may be starting")
        : next;
  }

  private static boolean isNews(ScalingDecision before, ScalingDecision now) {
    return before.want() != now.want() || before.kind() != now.kind();
  }

  /** A source that fails is one that does not know: the rule then holds still. */
  private ServiceLoad read(Instant now) {
    try {
      return source.read();
    } catch (RuntimeException e) {
      LoadSample.Builder unknown = LoadSample.builder(now).unknown("the load cannot be read: " + e);
      List<EndpointLoad> last = List.of();
      synchronized (this) {
        if (load != null) {
          unknown.instances(load.sample().ready(), load.sample().pending());
          last = load.endpoints();
        }
      }
      return new ServiceLoad(unknown.build(), last);
    }
  }

  /** Returns why the load is not known now; empty if it is. */
  String whyUnknown(ServiceLoad of) {
    LoadSample sample = of.sample();
    if (sample.at().plus(policy.maxSampleAge()).isBefore(clock.instant())) {
      return "it was read last at " + sample.at();
    }
    if (LoadHistory.isKnown(sample)) {
      return "";
    }
    return sample.offered().isEmpty()
        ? sample.unknownReason()
        : "only %d of %d instances report it".formatted(sample.reporting(), sample.ready());
  }

  /** For tests. */
  synchronized int historySize() {
    return history.size();
  }

  /** Returns the name of the service. */
  public String service() {
    return service;
  }

  /** Returns what its number of instances follows. */
  public ScalingPolicy policy() {
    return policy;
  }

  /** Returns the last load that was read; null before the first tick. */
  public synchronized @Nullable ServiceLoad load() {
    return load;
  }

  /** Returns the last decision; null before the first tick. */
  public synchronized @Nullable ScalingDecision decision() {
    return decision;
  }

  /**
   * Returns the last twenty decisions that differed from those before them, the newest last. Each
   * was a line of the log.
   */
  public synchronized List<Change> changes() {
    return List.copyOf(recent);
  }

  /**
   * A decision that differed from the one before.
   *
   * @param at when it was made
   * @param running instances that took calls or were starting then
   * @param decision what was wanted, and why
   */
  public record Change(Instant at, int running, ScalingDecision decision) {}

  /**
   * Returns its numbers as they are now, for a metrics library. Telemetry takes them with
   *
   * <pre>{@code
   * telemetry.add(
   *     figures ->
   *         scaler
   *             .gauges()
   *             .forEach(g -> figures.add(g.name(), g.labels(), g.value(), g.counter())));
   * }</pre>
   *
   * <p>A load that is not known is left out.
   */
  public synchronized List<ScalingGauge> gauges() {
    List<ScalingGauge> gauges = new ArrayList<>();
    Map<String, String> labels = Map.of("service", service);
    gauges.add(gauge("capacity", labels, policy.capacity()));
    if (load != null && decision != null) {
      boolean known = whyUnknown(load).isEmpty();
      gauges.add(gauge("known", labels, known ? 1 : 0));
      if (known) {
        gauges.add(gauge("load", labels, LoadHistory.load(load.sample())));
      }
      gauges.add(gauge("ready", labels, load.sample().ready()));
      gauges.add(gauge("pending", labels, load.sample().pending()));
      gauges.add(gauge("waiting", labels, load.sample().waiting()));
      gauges.add(gauge("want", labels, decision.want()));
    }
    for (Kind kind : Kind.values()) {
      gauges.add(
          new ScalingGauge(
              "fairlead.scaling.decisions",
              Map.of("service", service, "kind", kind.name().toLowerCase(Locale.ROOT)),
              changes.getOrDefault(kind, 0L),
              true));
    }
    return gauges;
  }

  private static ScalingGauge gauge(String name, Map<String, String> labels, double value) {
    return new ScalingGauge("fairlead.scaling." + name, labels, value, false);
  }

  /**
   * Returns a page for {@code /load}: the load, the capacity, what is wanted and why, each
   * instance, and the last {@link #changes}, as text or JSON by {@code Accept}.
   */
  public WebHandler loadPage() {
    return new LoadPage(this);
  }

  /**
   * Returns a page for {@code /scale}: the instances for a load that is given as {@code ?L=600},
   * and for a capacity {@code C}, if it is not the policy's.
   */
  public WebHandler scalePage() {
    return new ScalePage(policy);
  }

  /** Ends the ticks, and takes back what it has announced. */
  @Override
  public void close() {
    if (timer != null) {
      timer.shutdownNow();
    }
    if (announcement != null) {
      announcement.close();
    }
  }

  @Override
  public String toString() {
    return "Scaler[" + service + ", " + policy + "]";
  }

  /** Collects what a scaler is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final String service;
    private final LoadSource source;
    private final ScalingPolicy policy;
    private final List<Consumer<? super ScalingDecision>> listeners = new ArrayList<>();
    private final List<Consumer<? super AuditEvent>> auditors = new ArrayList<>();
    private @Nullable ScalingRule rule;
    private @Nullable Registry announcedTo;
    private Duration tick = Duration.ofSeconds(2);
    private InstantSource clock = InstantSource.system();

    private Builder(String service, LoadSource source, ScalingPolicy policy) {
      this.service = Objects.requireNonNull(service, "service");
      this.source = Objects.requireNonNull(source, "source");
      this.policy = Objects.requireNonNull(policy, "policy");
    }

    /** Decides by another rule. Default: {@link ScalingRule#of}. */
    public Builder rule(ScalingRule other) {
      rule = Objects.requireNonNull(other, "rule");
      return this;
    }

    /** Sets how often the load is read. Default: 2s. */
    public Builder tick(Duration interval) {
      if (interval.isNegative() || interval.isZero()) {
        throw new IllegalArgumentException(
            "tick " + interval + " is not an interval; use one above 0, such as PT2S");
      }
      tick = interval;
      return this;
    }

    /** Hears of the decision of each tick, also if nothing changes. Several may be given. */
    public Builder onDecision(Consumer<? super ScalingDecision> listener) {
      listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /** Hears of each decision that differs from the one before. Several may be given. */
    public Builder audit(Consumer<? super AuditEvent> listener) {
      auditors.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Announces in a registry what is wanted, why, and the last {@link #changes}: the console and
     * {@code fairlead load} find them there. It is written when a decision is a new one, and else
     * at most every ten seconds. The registry stays the caller's.
     */
    public Builder announce(Registry registry) {
      announcedTo = Objects.requireNonNull(registry, "registry");
      return this;
    }

    /** For tests: the time. */
    Builder clock(InstantSource other) {
      clock = other;
      return this;
    }

    /** For tests: one that ticks when it is told to. */
    Scaler manual() {
      return new Scaler(this, false);
    }

    /** Starts to tick, on a thread of its own. */
    public Scaler start() {
      return new Scaler(this, true);
    }
  }
}
