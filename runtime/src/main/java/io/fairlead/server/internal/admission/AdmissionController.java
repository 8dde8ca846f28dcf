package io.fairlead.server.internal.admission;

import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.Priority;
import io.fairlead.server.internal.call.ServerMethodConfig;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
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

  private final ConcurrencyLimits limits;
  private final List<Priority> priorities;
  private final ConcurrencyCounter serverCounter = new ConcurrencyCounter();
  private final @Nullable PerCallerLimiter perCaller;
  private final @Nullable AdmissionQueue queue;
  private final RetryPushbackEstimator pushbackEstimator;
  private final LongSupplier ticker;
  private final LongAdder refused = new LongAdder();

  /** By method, where something is limited. Complete before the first call. */
  private final Map<String, MethodLimiter> limiters = new ConcurrentHashMap<>();

  public AdmissionController(
      ConcurrencyLimits limits,
      Collection<ServerMethodConfig> methods,
      ScheduledExecutorService timer,
      LongSupplier ticker,
      DoubleSupplier random) {
    this.limits = limits;
    this.priorities = priorities(methods);
    OptionalInt callsPerCaller = limits.maxCallsPerCaller();
    this.perCaller =
        callsPerCaller.isPresent() ? new PerCallerLimiter(callsPerCaller.getAsInt()) : null;
    OptionalInt queuedCalls = limits.maxQueuedCalls();
    this.queue =
        queuedCalls.isPresent()
            ? new AdmissionQueue(queuedCalls.getAsInt(), limits.maxQueueTime(), timer)
            : null;
    this.pushbackEstimator = new RetryPushbackEstimator(random);
    this.ticker = ticker;
  }

  /** Refuses limits for methods that are not served. */
  public static void checkNames(ConcurrencyLimits limits, Collection<ServerMethodConfig> methods) {
    Set<String> known = new TreeSet<>();
    methods.forEach(method -> known.add(method.name()));
    for (String name : limits.maxCallsByMethod().keySet()) {
      if (!known.contains(name)) {
        throw new IllegalStateException(
            "a limit is set for %s, which this server does not serve; it serves %s"
                .formatted(name, String.join(", ", known)));
      }
    }
  }

  private static List<Priority> priorities(Collection<ServerMethodConfig> methods) {
    Set<Priority> present = new TreeSet<>();
    methods.forEach(method -> present.add(method.priority()));
    return List.copyOf(present);
  }

  /** Returns the layer for a method; null if nothing limits it. */
  @Nullable
  public AdmissionInterceptor admission(ServerMethodConfig method) {
    int fixed =
        limits.maxCallsByMethod().getOrDefault(method.name(), limits.maxCallsPerMethod().orElse(0));
    // A stream's length says nothing about the load.
    AdaptiveConcurrencyLimit adaptive =
        method.unary() ? limits.adaptive().map(AdaptiveConcurrencyLimit::new).orElse(null) : null;
    if (limits.maxCalls().isEmpty() && fixed == 0 && adaptive == null && perCaller == null) {
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
    return new AdmissionInterceptor(limiter, perCaller, queue, pushbackEstimator, ticker, refused);
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
        queue == null ? Duration.ZERO : Duration.ofNanos(queue.longestWait(ticker.getAsLong())),
        refused.sum());
  }

  private double utilization() {
    OptionalInt calls = limits.maxCalls();
    double most = calls.isPresent() ? (double) (inFlight() + waiting()) / calls.getAsInt() : 0;
    for (Map.Entry<String, MethodLimiter> each : limiters.entrySet()) {
      MethodLimiter limiter = each.getValue();
      OptionalInt limit = limiter.present();
      if (limit.isPresent()) {
        int asked = limiter.inFlight() + (queue == null ? 0 : queue.size(limiter));
        most = Math.max(most, (double) asked / limit.getAsInt());
      }
    }
    return most;
  }

  int inFlight() {
    return serverCounter.count();
  }

  int waiting() {
    return queue == null ? 0 : queue.size();
  }

  int activeCallers() {
    return perCaller == null ? 0 : perCaller.callers();
  }
}
