package io.fairlead.server;

import io.fairlead.policy.Priority;
import io.fairlead.server.internal.admission.AdaptiveConcurrencyLimit;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the methods of a server share in admission: the server's gate, the callers, the line. */
final class AdmissionPlan {
  /** Each step of priority below the highest one leaves this part of the server's limit free. */
  private static final double STEP = 0.1;

  private final ServerLimits limits;
  private final List<Priority> ranks;
  private final Gate server = new Gate();
  private final @Nullable CallerGates callers;
  private final @Nullable WaitingLine line;
  private final Pushback pushback;
  private final LongSupplier ticker;

  AdmissionPlan(
      ServerLimits limits,
      Collection<ServedMethod> methods,
      ScheduledExecutorService timer,
      LongSupplier ticker,
      DoubleSupplier random) {
    refuseUnknown(limits, methods);
    this.limits = limits;
    this.ranks = ranks(methods);
    this.callers = limits.eachCaller() == 0 ? null : new CallerGates(limits.eachCaller());
    this.line =
        limits.queue() == 0 ? null : new WaitingLine(limits.queue(), limits.maxWait(), timer);
    this.pushback = new Pushback(random);
    this.ticker = ticker;
  }

  private static void refuseUnknown(ServerLimits limits, Collection<ServedMethod> methods) {
    Set<String> known = new TreeSet<>();
    methods.forEach(method -> known.add(method.name()));
    for (String name : limits.methods().keySet()) {
      if (!known.contains(name)) {
        throw new IllegalStateException(
            "a limit is set for "
                + name
                + ", which this server does not serve; it serves "
                + String.join(", ", known));
      }
    }
  }

  private static List<Priority> ranks(Collection<ServedMethod> methods) {
    Set<Priority> present = new TreeSet<>();
    methods.forEach(method -> present.add(method.priority()));
    return List.copyOf(present);
  }

  /** The layer for a method; null if nothing limits it. */
  @Nullable Admission admission(ServedMethod method) {
    int fixed = limits.methods().getOrDefault(method.name(), limits.eachMethod());
    // A stream's length says nothing about the load.
    AdaptiveConcurrencyLimit adaptive =
        limits.adaptive() == null || !method.unary()
            ? null
            : new AdaptiveConcurrencyLimit(limits.adaptive());
    if (limits.server() == 0 && fixed == 0 && adaptive == null && callers == null) {
      return null;
    }
    MethodGate gate =
        new MethodGate(
            method.name(), method.priority(), server, share(method.priority()), fixed, adaptive);
    return new Admission(gate, callers, line, pushback, ticker);
  }

  private int share(Priority priority) {
    int below = ranks.size() - 1 - ranks.indexOf(priority);
    return limits.server() == 0
        ? 0
        : Math.max(1, (int) Math.round(limits.server() * (1 - STEP * below)));
  }

  ServerLoad load() {
    return new ServerLoad(inFlight(), waiting(), callersInside());
  }

  int inFlight() {
    return server.inside();
  }

  int waiting() {
    return line == null ? 0 : line.size();
  }

  int callersInside() {
    return callers == null ? 0 : callers.callers();
  }
}
