package io.fairlead.balance.internal;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.util.ForwardingClientStreamTracer;

/** Tells a stock balancer's tracer everything, and ours what it needs. */
final class CompositeStreamTracer extends ForwardingClientStreamTracer {
  private final ClientStreamTracer theirs;
  private final EndpointLoadTracer ours;

  private CompositeStreamTracer(ClientStreamTracer theirs, EndpointLoadTracer ours) {
    this.theirs = theirs;
    this.ours = ours;
  }

  static ClientStreamTracer.Factory factory(
      ClientStreamTracer.Factory theirs, ClientStreamTracer.Factory ours) {
    return new ClientStreamTracer.Factory() {
      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        return new CompositeStreamTracer(
            theirs.newClientStreamTracer(info, headers),
            (EndpointLoadTracer) ours.newClientStreamTracer(info, headers));
      }
    };
  }

  @Override
  protected ClientStreamTracer delegate() {
    return theirs;
  }

  @Override
  public void inboundHeaders() {
    super.inboundHeaders();
    ours.inboundHeaders();
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    super.inboundTrailers(trailers);
    ours.inboundTrailers(trailers);
  }

  @Override
  public void streamClosed(Status status) {
    super.streamClosed(status);
    ours.streamClosed(status);
  }
}
