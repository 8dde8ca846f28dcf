package io.fairlead.contract.client;

import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.MessagePump;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** What all calls have in common: requests that may be a stream, and one end. */
abstract class ResponseListener<R> extends ClientCall.Listener<R> {
  final String method;
  private @Nullable MessagePump pump;
  private boolean sawHeaders;

  ResponseListener(String method) {
    this.method = method;
  }

  /** Sets what sends the requests, before the call starts, if they are a stream. */
  final void pump(MessagePump requests) {
    this.pump = requests;
  }

  @Override
  public final void onReady() {
    if (pump != null) {
      pump.onReady();
    }
  }

  @Override
  public final void onHeaders(Metadata headers) {
    sawHeaders = true;
  }

  @Override
  public final void onClose(Status status, Metadata trailers) {
    CallCompletion how = completion(status, trailers, sawHeaders);
    // First the pump: the caller's code runs next, and nobody should send to a call that is over.
    try {
      stopPump(how);
    } finally {
      ended(how);
    }
  }

  /** Returns how the call ended, where that is not what the listener was told. */
  CallCompletion completion(Status status, Metadata trailers, boolean answered) {
    return new CallCompletion(status, trailers, answered);
  }

  /** Tells the caller that the call has ended. */
  abstract void ended(CallCompletion how);

  /** Ends what sends the requests; whoever still sends learns why. */
  final void stopPump(CallCompletion why) {
    if (pump != null) {
      pump.stop(why.failure(method));
    }
  }

  @Override
  public String toString() {
    return "call of " + method;
  }
}
