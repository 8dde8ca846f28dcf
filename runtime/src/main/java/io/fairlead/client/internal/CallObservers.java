package io.fairlead.client.internal;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.internal.ObserverHooks;
import io.fairlead.policy.CallMirror;
import io.grpc.ConnectivityStateInfo;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The observers of a channel.
 *
 * <p>An observer that throws is logged, and harms neither the call nor other observers. They run on
 * the thread that ends the call, which is mostly an event loop, and the block detector watches them
 * under their names.
 */
final class CallObservers implements CallObserver {
  private static final System.Logger LOG = System.getLogger(CallObservers.class.getName());

  private final Named[] all;

  /** Those that hear of attempts; an event of each attempt is not told to the others. */
  private final Named[] hearAttempts;

  /** With what the watch over the event loops calls it. */
  private record Named(CallObserver observer, String name) {}

  /**
   * Tells an observer of something. What each call tells has its values in the arguments, so that
   * no object is made to carry them.
   */
  private interface News<A, B> {
    void tell(CallObserver observer, A first, B second);
  }

  CallObservers(List<CallObserver> given) {
    this.all = new Named[given.size()];
    List<Named> hear = new ArrayList<>();
    for (int i = 0; i < all.length; i++) {
      all[i] = new Named(given.get(i), "the call observer " + given.get(i));
      if (ObserverHooks.overrides(
          given.get(i), CallObserver.class, "attemptStarted", String.class, String.class)) {
        hear.add(all[i]);
      }
    }
    this.hearAttempts = hear.toArray(Named[]::new);
  }

  boolean any() {
    return all.length > 0;
  }

  @Override
  public void attemptStarted(String method, String target) {
    notifyEach(hearAttempts, CallObserver::attemptStarted, method, target);
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    notifyEach(all, (observer, made, none) -> observer.callEnded(made), outcome, "");
  }

  /** Returns what they add to the explanation of a failure. */
  List<String> remarks(CallOutcome failure) {
    List<String> remarks = new ArrayList<>();
    notifyEach(
        observer -> {
          String remark = observer.remark(failure);
          if (!remark.isEmpty()) {
            remarks.add(remark);
          }
        });
    return remarks;
  }

  @Override
  public void fallbackServed(CallOutcome failure, FallbackKind by) {
    notifyEach(observer -> observer.fallbackServed(failure, by));
  }

  @Override
  public void responseStoreFailed(String target, String operation, Throwable failure) {
    notifyEach(observer -> observer.responseStoreFailed(target, operation, failure));
  }

  @Override
  public void callMirrored(String method, String target, String to, CallMirror.Result result) {
    notifyEach(observer -> observer.callMirrored(method, target, to, result));
  }

  @Override
  public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
    notifyEach(observer -> observer.circuitBreakerChanged(breaker));
  }

  @Override
  public void connectionChanged(String target, String endpoint, ConnectivityStateInfo now) {
    notifyEach(observer -> observer.connectionChanged(target, endpoint, now));
  }

  @Override
  public void outlierFound(String target, String endpoint, String rule, boolean ejected) {
    notifyEach(observer -> observer.outlierFound(target, endpoint, rule, ejected));
  }

  @Override
  public void endpointsChanged(String target, List<String> added, List<String> removed, int known) {
    notifyEach(observer -> observer.endpointsChanged(target, added, removed, known));
  }

  @Override
  public void weightsUpdated(String target, double[] weights, int stale) {
    notifyEach(observer -> observer.weightsUpdated(target, weights, stale));
  }

  private void notifyEach(Consumer<CallObserver> news) {
    notifyEach(all, (observer, told, none) -> told.accept(observer), news, "");
  }

  private static <A, B> void notifyEach(Named[] to, News<A, B> news, A first, B second) {
    for (Named each : to) {
      LoopActivity activity = EventLoopBlockDetector.shared().enter(each.name());
      try {
        news.tell(each.observer(), first, second);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, each.name() + " failed", e);
      } finally {
        EventLoopBlockDetector.exit(activity);
      }
    }
  }
}
