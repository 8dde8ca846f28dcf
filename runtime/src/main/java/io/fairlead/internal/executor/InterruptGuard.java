package io.fairlead.internal.executor;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts a piece of work, and never what its thread does next.
 *
 * <p>The worker calls {@link #enter}, then works, then {@link #exit}; any thread calls {@link
 * #interrupt}, at any time. A plain {@link Thread#interrupt} could arrive just after the work has
 * ended, and hit another call on the same pool thread. So the worker waits at its exit while an
 * interrupt is being delivered, and then clears it.
 *
 * <p>One object for each piece of work. The state moves from null to the working thread to over; or
 * from null to cancelled.
 */
public final class InterruptGuard {
  private static final Object INTERRUPTING = new Object();
  private static final Object OVER = new Object();
  private static final Object CANCELLED = new Object();

  /** Null, the working thread, or one of the marks above. */
  private final AtomicReference<@Nullable Object> state = new AtomicReference<>();

  /** Begins; false if the work was called off before. */
  public boolean enter() {
    return state.compareAndSet(null, Thread.currentThread());
  }

  /** Ends. The thread is left without an interrupt of ours. */
  public void exit() {
    if (state.compareAndSet(Thread.currentThread(), OVER)) {
      return;
    }
    while (state.get() == INTERRUPTING) {
      Thread.onSpinWait();
    }
    // The interrupt was meant for the work that is over.
    Thread.interrupted();
  }

  /** Interrupts the work if it runs, and calls it off if it has not begun. */
  public void interrupt() {
    Object seen = state.get();
    if (seen == null) {
      if (state.compareAndSet(null, CANCELLED)) {
        return;
      }
      seen = state.get();
    }
    if (seen instanceof Thread worker && state.compareAndSet(worker, INTERRUPTING)) {
      worker.interrupt();
      state.set(OVER);
    }
  }
}
