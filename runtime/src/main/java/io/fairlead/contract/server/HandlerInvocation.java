package io.fairlead.contract.server;

import io.fairlead.RpcException;

/** Runs the handler's code for one call and sends what it gives. */
interface HandlerInvocation<Q, R, I, O> {

  /** What came is complete enough to begin. The event loop; called at most once. */
  void begin(I input);

  /** The call takes messages again. The event loop. */
  void onReady();

  /**
   * The call has ended, and not by the handler. The event loop.
   *
   * @param why what the handler is told
   */
  void onCancel(RpcException why);
}
