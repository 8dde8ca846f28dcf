package io.fairlead.contract.server;

/** Runs the handler's code for one call and sends what it gives. */
interface HandlerInvocation<Q, R, I, O> {

  /** What came is complete enough to begin. The event loop; called at most once. */
  void begin(I input);

  /** The call takes messages again. The event loop. */
  void onReady();

  /** The caller has cancelled, or gone. The event loop. */
  void onCancel();
}
