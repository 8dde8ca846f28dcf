package io.fairlead.client.internal;

/** Gives the caller the one end of its call. */
final class DeliveryLayer extends ClientLayer {
  @Override
  void ended(LayeredCall call, CallEnd end) {
    call.deliver(end.status(), end.trailers());
  }

  @Override
  public String toString() {
    return "delivery";
  }
}
