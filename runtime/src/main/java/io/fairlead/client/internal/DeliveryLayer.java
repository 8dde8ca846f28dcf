package io.fairlead.client.internal;

/**
 * The outermost layer: gives the caller the end of its call. All ends come through here, those of
 * refused calls too, so there is one place to look at when a caller hears twice or not at all.
 */
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
