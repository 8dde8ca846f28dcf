package io.fairlead.contract.server;

import io.grpc.Status;

/** Runs the handler's code for one call and sends what it gives. */
interface HandlerInvocation<Q, R, I, O> {

  /** Starts the handler: enough has arrived. Called on the event loop, at most once. */
  void begin(I input);

  /** Learns that the call takes messages again. Called on the event loop. */
  void onReady();

  /**
   * Learns that the call has ended, and not by the handler. Called on the event loop.
   *
   * @param why what the handler is told; who tells it makes the exception, as most are told nothing
   */
  void onCancel(Status why);
}
