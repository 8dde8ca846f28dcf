package io.fairlead.contract;

import io.grpc.ClientCall;

/** The requests of a call. */
record ClientOutlet<Q>(ClientCall<Q, ?> call, String method) implements Outlet<Q> {
  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void send(Q message) {
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
