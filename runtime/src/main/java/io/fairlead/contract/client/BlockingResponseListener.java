package io.fairlead.contract.client;

import io.fairlead.contract.internal.stream.CallCompletion;
import io.grpc.ClientCall;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the one response of a call, on the caller's thread. The result is delivered by the
 * event loop itself: no executor stands between.
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

  /** The response. An interrupt cancels the call; what the call then answers still counts. */
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
