package io.fairlead.observe;

import io.fairlead.lifecycle.ServerState;
import io.grpc.Context;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * Hears what becomes of the calls of a server: each call of the application's services, served or
 * rejected, and each call of a method that the server does not have. Calls of the built-in services
 * are left out. It also hears of the steps in a server's life.
 *
 * <p>Called on the thread that begins or ends the call, which is an event loop: it does not block.
 * What it throws is logged and goes no further. An outcome is only made where there is an observer.
 */
@FunctionalInterface
public interface ServerCallObserver {
  /**
   * Receives the beginning of a call: its headers have arrived, and nothing is decided yet.
   *
   * @param method its full name, or {@link ServerCallOutcome#OTHER_METHOD}
   */
  default void callStarted(String method) {}

  /**
   * Returns the context that the call is to have: the given one, or that with values of its own,
   * such as a trace. Everything of the call sees it: authorizer, interceptors, handler, the calls
   * that the handler makes, and the outcome.
   *
   * @param method its full name, or {@link ServerCallOutcome#OTHER_METHOD}
   * @param headers what came with the call; not to be changed
   */
  default Context callContext(String method, Metadata headers, Context context) {
    return context;
  }

  /**
   * Hears, on its thread, that code of the handler is about to run there, in the context of the
   * call. Returns what runs after that code, on the same thread; null for nothing. Called each time
   * that the handler gets a thread: once for most calls.
   *
   * <p>For values that belong to a thread. Where an asynchronous handler continues is not seen.
   */
  default @Nullable Runnable handlerEntered() {
    return null;
  }

  /** Receives a call that has ended, with success or failure. Called once for each call. */
  void callEnded(ServerCallOutcome outcome);

  /**
   * Receives a step in the life of a server, when it is taken: also those of a drain. Called on the
   * thread that starts, drains or closes the server.
   *
   * @param server its name
   */
  default void stateChanged(String server, ServerState state) {}
}
