package io.fairlead.observe;

/**
 * Hears what becomes of the calls of a server: each call of the application's services, served or
 * rejected, and each call of a method that the server does not have. Calls of the built-in services
 * are left out.
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

  /** Receives a call that has ended, with success or failure. Called once for each call. */
  void callEnded(ServerCallOutcome outcome);
}
