package io.fairlead.contract.client;

import io.fairlead.contract.internal.stream.MessageSink;
import io.grpc.ClientCall;

/**
 * The sending half of a client's call, for a pump. A failure of the requests cancels the call: a
 * stream that is complete and one that broke must not look the same to the server.
 */
record RequestSink<Q>(ClientCall<Q, ?> call, String method) implements MessageSink<Q> {
  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void send(Q message) {
    if (message == null) {
      throw new NullPointerException("a request in the stream of " + method + " is null");
    }
    call.sendMessage(message);
  }

  @Override
  public void complete() {
    call.halfClose();
  }

  @Override
  public void fail(Throwable failure) {
    call.cancel("the requests of " + method + " failed: " + failure, failure);
  }
}
