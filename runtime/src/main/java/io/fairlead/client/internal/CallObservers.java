package io.fairlead.client.internal;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.FallbackKind;
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

  private final List<Named> all = new ArrayList<>();

  /** With what the watch over the event loops calls it. */
  private record Named(CallObserver observer, String name) {}

  CallObservers(List<CallObserver> given) {
    for (CallObserver each : given) {
      all.add(new Named(each, "the call observer " + each));
    }
  }

  boolean any() {
    return !all.isEmpty();
  }

  @Override
  public void attemptStarted(String method, String target) {
    notifyEach(observer -> observer.attemptStarted(method, target));
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    notifyEach(observer -> observer.callEnded(outcome));
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
    for (Named each : all) {
      LoopActivity activity = EventLoopBlockDetector.shared().enter(each.name());
      try {
        news.accept(each.observer());
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, each.name() + " failed", e);
      } finally {
        EventLoopBlockDetector.exit(activity);
      }
    }
  }
}
