package io.fairlead.contract.client;

import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.MessagePump;
import io.fairlead.observe.StatusOrigin;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
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
final class BlockingResponseListener<Q, R> extends ClientCall.Listener<R> {
  private final ClientCall<Q, R> call;
  private final String method;
  private final Thread caller = Thread.currentThread();
  private @Nullable MessagePump messagePump;
  private @Nullable R response;
  private boolean sawHeaders;
  private volatile @Nullable CallCompletion completion;

  BlockingResponseListener(ClientCall<Q, R> call, String method) {
    this.call = call;
    this.method = method;
  }

  /** Sets the pump of a stream of requests; called before the call starts. */
  void pump(MessagePump requests) {
    this.messagePump = requests;
  }

  @Override
  public void onReady() {
    if (messagePump != null) {
      messagePump.onReady();
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    sawHeaders = true;
  }

  @Override
  public void onMessage(R message) {
    if (response != null) {
      call.cancel("more than one response to " + method, null);
      return;
    }
    response = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    CallCompletion how = new CallCompletion(status, trailers, sawHeaders);
    completion = how;
    LockSupport.unpark(caller);
    if (messagePump != null) {
      messagePump.stop(how.failure(method));
    }
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
    return result(how);
  }

  /** Turns the end of the call into its response or its failure. */
  private R result(CallCompletion how) {
    if (!how.isOk()) {
      throw how.failure(method);
    }
    if (response == null) {
      throw RpcException.of(
          method,
          Status.INTERNAL.withDescription("the server answered OK without a response"),
          how.trailers(),
          StatusOrigin.WIRE);
    }
    return response;
  }

  @Override
  public String toString() {
    return "call of " + method;
  }
}
