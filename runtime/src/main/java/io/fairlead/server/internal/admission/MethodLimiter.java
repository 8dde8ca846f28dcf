package io.fairlead.server.internal.admission;

import io.fairlead.internal.Plural;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.Priority;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What one method may use: its own limit, fixed or adaptive or both, and its share of the server's.
 *
 * <p>A call that enters must {@link #release} exactly once. Counters are lock-free; the adaptive
 * limit takes its lock only at the end of a call, and at the start of those that it measures.
 */
final class MethodLimiter {
  private static final int UNLIMITED = Integer.MAX_VALUE;

  private final String method;
  private final Priority priority;

  /** Shared by all methods of the server. */
  private final ConcurrencyCounter serverCounter;

  /** Replaced as a whole, so that each question sees limits that belong together. */
  private volatile Limits limits;

  private final ConcurrencyCounter methodCounter = new ConcurrencyCounter();
  private final LatencyEstimator latency = new LatencyEstimator();

  /**
   * @param serverShare calls in the whole server up to which this method still gets in; 0 is no
   *     limit
   * @param fixedLimit 0 is no limit
   */
  MethodLimiter(
      String method,
      Priority priority,
      ConcurrencyCounter server,
      int serverShare,
      int fixedLimit,
      @Nullable AdaptiveConcurrencyLimit adaptive) {
    this.method = method;
    this.priority = priority;
    this.serverCounter = server;
    this.limits = new Limits(serverShare, fixedLimit, adaptive);
  }

  /**
   * What is allowed now.
   *
   * @param serverShare calls in the whole server up to which this method still gets a permit; by
   *     its priority
   */
  private record Limits(int serverShare, int fixed, @Nullable AdaptiveConcurrencyLimit adaptive) {
    Limits {
      serverShare = serverShare == 0 ? UNLIMITED : serverShare;
      fixed = fixed == 0 ? UNLIMITED : fixed;
    }

    int ofMethod() {
      return adaptive == null ? fixed : Math.min(fixed, adaptive.limit());
    }
  }

  /**
   * Sets other limits. Calls in flight keep their permits, also above a limit that is lower now.
   * One thread at a time.
   *
   * @param serverShare as for the constructor
   * @param fixedLimit as for the constructor
   * @param policy null for no adaptive limit
   */
  void change(int serverShare, int fixedLimit, @Nullable AdaptiveLimitPolicy policy) {
    AdaptiveConcurrencyLimit before = limits.adaptive();
    AdaptiveConcurrencyLimit adaptive =
        policy == null
            ? null
            : before == null
                ? new AdaptiveConcurrencyLimit(policy, methodCounter.count(), null)
                : before.with(policy);
    limits = new Limits(serverShare, fixedLimit, adaptive);
  }

  Priority priority() {
    return priority;
  }

  /** Returns the calls of this method in flight with the newcomer, or 0 when there is no room. */
  int tryAcquire() {
    Limits now = limits;
    if (serverCounter.tryAcquire(now.serverShare()) == 0) {
      return 0;
    }
    int inFlight = methodCounter.tryAcquire(now.ofMethod());
    if (inFlight == 0) {
      serverCounter.release();
    }
    return inFlight;
  }

  /** Gives back a permit that no call used. */
  void releaseUnused() {
    methodCounter.release();
    serverCounter.release();
  }

  /**
   * Takes note of a call that entered.
   *
   * @param inFlight as told when it entered
   * @return to be given back when the call leaves
   */
  int onAdmitted(long now, int inFlight) {
    AdaptiveConcurrencyLimit adaptive = limits.adaptive();
    return adaptive == null ? 0 : adaptive.begin(now, inFlight);
  }

  /**
   * Takes note of a call that is over, and gives its permit back.
   *
   * @param answered else it was cancelled
   */
  void release(int ticket, long now, long latencyNanos, boolean answered) {
    methodCounter.release();
    serverCounter.release();
    latency.add(latencyNanos);
    AdaptiveConcurrencyLimit adaptive = limits.adaptive();
    if (adaptive != null) {
      adaptive.end(ticket, now, latencyNanos, answered);
    }
  }

  /** Takes note of a call that got no permit. */
  void onRejected(long now) {
    AdaptiveConcurrencyLimit adaptive = limits.adaptive();
    if (adaptive != null) {
      adaptive.onRejected(now, methodCounter.count());
    }
  }

  int inFlight() {
    return methodCounter.count();
  }

  /** Returns how many calls of this method may be in flight now; empty if that is not limited. */
  OptionalInt present() {
    Limits now = limits;
    int limit = Math.min(now.serverShare(), now.ofMethod());
    return limit == UNLIMITED ? OptionalInt.empty() : OptionalInt.of(limit);
  }

  /** Returns the time of a fast call of this method; 0 if nothing is known yet. */
  long fastCallNanos() {
    return latency.nanos();
  }

  /** Returns which limit is in the way. */
  RejectionReason rejectionReason() {
    return methodCounter.count() >= limits.ofMethod()
        ? RejectionReason.METHOD_LIMIT
        : RejectionReason.SERVER_LIMIT;
  }

  /** Returns which limit is in the way, as a text for the rejected caller. */
  String explain() {
    return explain(rejectionReason());
  }

  String explain(RejectionReason reason) {
    if (reason == RejectionReason.METHOD_LIMIT) {
      return method + " has " + Plural.of(methodCounter.count(), "call") + " in flight, its limit";
    }
    return "the server has "
        + Plural.of(serverCounter.count(), "call")
        + " in flight, the limit for calls of priority "
        + priority;
  }

  @Override
  public String toString() {
    Limits now = limits;
    StringBuilder text = new StringBuilder("admission(").append(priority);
    if (now.serverShare() != UNLIMITED) {
      text.append(", server ").append(now.serverShare());
    }
    if (now.fixed() != UNLIMITED) {
      text.append(", method ").append(now.fixed());
    }
    AdaptiveConcurrencyLimit adaptive = now.adaptive();
    if (adaptive != null) {
      text.append(", adaptive ").append(adaptive.limit());
    }
    return text.append(')').toString();
  }
}
