package io.fairlead.contract.client;

import io.fairlead.contract.internal.stream.CallCompletion;
import io.grpc.ClientCall;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the one response of a call, on the caller's thread.
 *
 * <p>The event loop hands over the result itself and wakes the caller; no executor stands between.
 * The fields of the response are written before {@link #completion}, which is volatile and which
 * the caller reads first. An interrupt cancels the call, and the wait goes on until the call has
 * ended, which it then does at once: so nothing of the call is left when the caller continues.
 */
final class BlockingResponseListener<R> extends SingleResponseListener<R> {
  private final Thread caller = Thread.currentThread();
  private volatile @Nullable CallCompletion completion;

  BlockingResponseListener(ClientCall<?, R> call, String method) {
    super(call, method);
  }

  @Override
  void ended(CallCompletion how) {
    completion = how;
    LockSupport.unpark(caller);
  }

  /**
   * Returns the response. An interrupt cancels the call; what the call then answers still counts.
   */
  R await() {
    boolean interrupted = false;
    CallCompletion how = completion;
    while (how == null) {
      LockSupport.park(this);
      if (Thread.interrupted()) {
        interrupted = true;
        call.cancel("the thread that called " + method + " was interrupted", null);
      }
      how = completion;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return response(how);
  }
}
