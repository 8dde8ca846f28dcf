package io.fairlead.internal.executor;

import org.jspecify.annotations.Nullable;

/**
 * A call of a server whose observers hear when its handler gets a thread. The call that a handler
 * is given is one only if there are observers, so that others pay for no more than a type check.
 */
public interface HandlerScope {
  /** Says that the handler is about to run here. Returns what runs after it, or null. */
  @Nullable Runnable enter();

  /** Enters the scope of a call, if it has one. Returns what {@link #leave} takes. */
  static @Nullable Runnable enter(Object call) {
    return call instanceof HandlerScope scope ? scope.enter() : null;
  }

  /** Leaves what was entered. */
  static void leave(@Nullable Runnable entered) {
    if (entered != null) {
      entered.run();
    }
  }
}
