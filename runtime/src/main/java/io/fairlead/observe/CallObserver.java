package io.fairlead.observe;

import io.fairlead.policy.CallMirror;
import io.grpc.ConnectivityStateInfo;
import java.util.List;

/**
 * Hears what becomes of the calls of a channel, and of its connections.
 *
 * <p>It is called on the thread that ends the call, which may be an event loop, so it must not
 * block. What it throws is logged and has no effect on the call or on other observers. Outcomes are
 * made only for channels with an observer, so a channel without one pays nothing.
 */
@FunctionalInterface
public interface CallObserver {
  /**
   * Receives the beginning of an attempt, before its endpoint is chosen. Every attempt that has
   * begun is among those of its call's outcome.
   *
   * @param method its full name
   * @param target of the channel
   */
  default void attemptStarted(String method, String target) {}

  /** Receives a call that has ended, with success or failure. */
  void callEnded(CallOutcome outcome);

  /**
   * Returns a line to add to the explanation of a failed call, such as the id of its trace; an
   * empty text for none. Called after {@link #callEnded}, for failures only.
   */
  default String remark(CallOutcome failure) {
    return "";
  }

  /** Receives a failed call for which a fallback was served. Follows {@link #callEnded}. */
  default void fallbackServed(CallOutcome failure, FallbackKind kind) {}

  /**
   * Receives a failure of the store that shares responses; the call went on without it.
   *
   * @param target of the channel
   * @param operation {@code get} or {@code put}
   */
  default void responseStoreFailed(String target, String operation, Throwable failure) {}

  /**
   * Receives a copy of a call that has been answered, or that was left out.
   *
   * @param method its full name
   * @param target of the channel
   * @param to where the copy went, by the name in the policy
   * @param result how its answer compares with the one that the caller got
   */
  default void callMirrored(String method, String target, String to, CallMirror.Result result) {}

  /** Receives a circuit breaker that has moved to another phase. */
  default void circuitBreakerChanged(CircuitBreakerStatus breaker) {}

  /**
   * Receives the end of an attempt to connect, or the end of a connection.
   *
   * @param target of the channel
   * @param endpoint at the other end, {@code host:port}
   * @param now READY: a connection stands; TRANSIENT_FAILURE: none came about; IDLE: it was lost;
   *     SHUTDOWN: this side has closed it
   */
  default void connectionChanged(String target, String endpoint, ConnectivityStateInfo now) {}

  /**
   * Receives an endpoint that outlier detection has found, each time that it is ejected; one that
   * is not ejected at most once an interval for each rule.
   *
   * @param target of the channel
   * @param endpoint {@code host:port}
   * @param rule that found it: success_rate, failure_percentage, latency or consecutive_failures
   * @param ejected false if as many are ejected already as may be
   */
  default void outlierFound(String target, String endpoint, String rule, boolean ejected) {}

  /**
   * Receives a change of the list of endpoints that a channel has from its registry or from DNS. A
   * new weight or tag is none.
   *
   * @param target of the channel
   * @param added {@code host:port} of each endpoint that is new, or has another address now
   * @param removed {@code host:port} of each endpoint that is gone; its calls go on
   * @param known how many endpoints the list has now
   */
  default void endpointsChanged(
      String target, List<String> added, List<String> removed, int known) {}

  /**
   * Receives the weights by which weighted round robin chooses from now on: about once a second,
   * and when endpoints come or go.
   *
   * @param target of the channel
   * @param weights by the load reports of each endpoint that may be chosen; 0 without a weight that
   *     can be used. If more than half are 0, weights of reports are left out. Not to be changed
   * @param stale how many of those that are 0 have reported, and too long ago
   */
  default void weightsUpdated(String target, double[] weights, int stale) {}
}
