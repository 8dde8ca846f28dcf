package io.fairlead.server.internal.admission;

import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.Priority;
import io.fairlead.server.internal.call.ServerMethodConfig;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the methods of a server share in admission: the counter of all calls, the callers, the
 * queue.
 *
 * <p>It makes a layer for each method that something limits. A method of lower priority may use a
 * smaller part of the server's limit, so that the most important calls find room when the server is
 * full. The controller lives as long as the server, and has nothing to close.
 */
public final class AdmissionController {
  /** Each step of priority below the highest one leaves this part of the server's limit free. */
  private static final double STEP = 0.1;

  private volatile ConcurrencyLimits limits;

  /** Says where the limits come from; empty for the builder of the server. */
  private volatile String origin = "";

  private final List<Priority> priorities;
  private final ConcurrencyCounter serverCounter = new ConcurrencyCounter();
  private final PerCallerLimiter perCaller;
  private final AdmissionQueue queue;
  private final RetryPushbackEstimator pushbackEstimator;
  private final LongSupplier ticker;
  private final LongAdder refused = new LongAdder();

  /** By method, where something is or may become limited. Complete before the first call. */
  private final Map<String, MethodLimiter> limiters = new ConcurrentHashMap<>();

  /** The streams among them, whose length says nothing about the load. */
  private final Set<String> streams = ConcurrentHashMap.newKeySet();

  public AdmissionController(
      ConcurrencyLimits limits,
      Collection<ServerMethodConfig> methods,
      ScheduledExecutorService timer,
      LongSupplier ticker,
      DoubleSupplier random) {
    this.limits = limits;
    this.priorities = priorities(methods);
    this.perCaller = new PerCallerLimiter(limits.maxCallsPerCaller().orElse(0));
    this.queue =
        new AdmissionQueue(limits.maxQueuedCalls().orElse(0), limits.maxQueueTime(), timer);
    this.pushbackEstimator = new RetryPushbackEstimator(random);
    this.ticker = ticker;
  }

  /** Returns what is wrong with limits for methods that are not served; empty if nothing is. */
  public static Optional<String> unknownNames(ConcurrencyLimits limits, Collection<String> served) {
    return new TreeSet<>(limits.maxCallsByMethod().keySet())
        .stream()
            .filter(name -> !served.contains(name))
            .findFirst()
            .map(
                name ->
                    "a limit is set for %s, which this server does not serve; it serves %s"
                        .formatted(name, String.join(", ", new TreeSet<>(served))));
  }

  private static List<Priority> priorities(Collection<ServerMethodConfig> methods) {
    Set<Priority> present = new TreeSet<>();
    methods.forEach(method -> present.add(method.priority()));
    return List.copyOf(present);
  }

  /**
   * Returns the layer for a method; null if nothing limits it.
   *
   * @param changes whether limits may come later, by {@link #change}
   */
  @Nullable
  public synchronized AdmissionInterceptor admission(ServerMethodConfig method, boolean changes) {
    int fixed = fixedLimit(method.name());
    AdaptiveConcurrencyLimit adaptive =
        method.unary() ? limits.adaptive().map(AdaptiveConcurrencyLimit::new).orElse(null) : null;
    if (!changes
        && limits.maxCalls().isEmpty()
        && fixed == 0
        && adaptive == null
        && perCaller.limit() == 0) {
      return null;
    }
    MethodLimiter limiter =
        new MethodLimiter(
            method.name(),
            method.priority(),
            serverCounter,
            limitFor(method.priority()),
            fixed,
            adaptive);
    limiters.put(method.name(), limiter);
    if (!method.unary()) {
      streams.add(method.name());
    }
    return new AdmissionInterceptor(limiter, perCaller, queue, pushbackEstimator, ticker, refused);
  }

  private int fixedLimit(String method) {
    return limits.maxCallsByMethod().getOrDefault(method, limits.maxCallsPerMethod().orElse(0));
  }

  /**
   * Sets other limits. No call is lost: those in flight keep their permits, those that wait go on
   * waiting, and start if there is room for them now.
   *
   * @param from where they come from, for operators
   */
  public synchronized void change(ConcurrencyLimits next, String from) {
    limits = next;
    origin = from;
    limiters.forEach(
        (name, limiter) ->
            limiter.change(
                limitFor(limiter.priority()),
                fixedLimit(name),
                streams.contains(name) ? null : next.adaptive().orElse(null)));
    perCaller.change(next.maxCallsPerCaller().orElse(0));
    queue.change(next.maxQueuedCalls().orElse(0), next.maxQueueTime());
  }

  /** Returns the limits that are in force. */
  public ConcurrencyLimits inForce() {
    return limits;
  }

  /** Returns where they come from; empty for the builder of the server. */
  public String origin() {
    return origin;
  }

  private int limitFor(Priority priority) {
    long below = priorities.stream().filter(each -> each.compareTo(priority) > 0).count();
    OptionalInt calls = limits.maxCalls();
    return calls.isPresent()
        ? Math.max(1, (int) Math.round(calls.getAsInt() * (1 - STEP * below)))
        : 0;
  }

  /** Returns how many calls each method may have in flight now, where that is limited. */
  public Map<String, Integer> limits() {
    Map<String, Integer> limits = new TreeMap<>();
    limiters.forEach((name, limiter) -> limiter.present().ifPresent(l -> limits.put(name, l)));
    return limits;
  }

  public ServerLoad load() {
    return new ServerLoad(
        inFlight(),
        waiting(),
        activeCallers(),
        utilization(),
        Duration.ofNanos(queue.longestWait(ticker.getAsLong())),
        refused.sum());
  }

  private double utilization() {
    OptionalInt calls = limits.maxCalls();
    double most = calls.isPresent() ? (double) (inFlight() + waiting()) / calls.getAsInt() : 0;
    for (Map.Entry<String, MethodLimiter> each : limiters.entrySet()) {
      MethodLimiter limiter = each.getValue();
      OptionalInt limit = limiter.present();
      if (limit.isPresent()) {
        int asked = limiter.inFlight() + queue.size(limiter);
        most = Math.max(most, (double) asked / limit.getAsInt());
      }
    }
    return most;
  }

  int inFlight() {
    return serverCounter.count();
  }

  int waiting() {
    return queue.size();
  }

  int activeCallers() {
    return perCaller.callers();
  }
}
