package io.fairlead.observe;

/**
 * Hears of every call of a channel when it has ended. Called on the thread that ends the call,
 * which may be an event loop: it does not block. An outcome is only made where there is an
 * observer.
 */
@FunctionalInterface
public interface CallObserver {
  /** A call has ended, well or not. */
  void callEnded(CallOutcome outcome);
}
