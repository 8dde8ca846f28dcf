package io.fairlead.contract.server;

/** Runs the handler's code for one call and sends what it gives. */
interface HandlerInvocation<Q, R, I, O> {

  /** Starts the handler: enough has arrived. Called on the event loop, at most once. */
  void begin(I input);

  /** Learns that the call takes messages again. Called on the event loop. */
  void onReady();

  /** Learns that the caller has cancelled or gone. Called on the event loop. */
  void onCancel();
}
