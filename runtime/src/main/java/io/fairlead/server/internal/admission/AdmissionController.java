package io.fairlead.server.internal.admission;

import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.Priority;
import io.fairlead.server.internal.call.ServerMethodConfig;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the methods of a server share in admission: the server's counter, the callers, the queue.
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

  public AdmissionController(
      ConcurrencyLimits limits,
      Collection<ServerMethodConfig> methods,
      ScheduledExecutorService timer,
      LongSupplier ticker,
      DoubleSupplier random) {
    refuseUnknown(limits, methods);
    this.limits = limits;
    this.priorities = priorities(methods);
    this.perCaller =
        limits.maxCallsPerCaller() == 0 ? null : new PerCallerLimiter(limits.maxCallsPerCaller());
    this.queue =
        limits.maxQueuedCalls() == 0
            ? null
            : new AdmissionQueue(limits.maxQueuedCalls(), limits.maxQueueTime(), timer);
    this.pushbackEstimator = new RetryPushbackEstimator(random);
    this.ticker = ticker;
  }

  private static void refuseUnknown(
      ConcurrencyLimits limits, Collection<ServerMethodConfig> methods) {
    Set<String> known = new TreeSet<>();
    methods.forEach(method -> known.add(method.name()));
    for (String name : limits.maxCallsByMethod().keySet()) {
      if (!known.contains(name)) {
        throw new IllegalStateException(
            "a limit is set for "
                + name
                + ", which this server does not serve; it serves "
                + String.join(", ", known));
      }
    }
  }

  private static List<Priority> priorities(Collection<ServerMethodConfig> methods) {
    Set<Priority> present = new TreeSet<>();
    methods.forEach(method -> present.add(method.priority()));
    return List.copyOf(present);
  }

  /** The layer for a method; null if nothing limits it. */
  @Nullable
  public AdmissionInterceptor admission(ServerMethodConfig method) {
    int fixed = limits.maxCallsByMethod().getOrDefault(method.name(), limits.maxCallsPerMethod());
    // A stream's length says nothing about the load.
    AdaptiveConcurrencyLimit adaptive =
        limits.adaptive() == null || !method.unary()
            ? null
            : new AdaptiveConcurrencyLimit(limits.adaptive());
    if (limits.maxCalls() == 0 && fixed == 0 && adaptive == null && perCaller == null) {
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
    return new AdmissionInterceptor(limiter, perCaller, queue, pushbackEstimator, ticker);
  }

  private int limitFor(Priority priority) {
    int below = priorities.size() - 1 - priorities.indexOf(priority);
    return limits.maxCalls() == 0
        ? 0
        : Math.max(1, (int) Math.round(limits.maxCalls() * (1 - STEP * below)));
  }

  public ServerLoad load() {
    return new ServerLoad(inFlight(), waiting(), activeCallers());
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
