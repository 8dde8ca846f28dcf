package io.fairlead.balance.internal;

import io.fairlead.observe.internal.StreamTracer;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.util.ForwardingClientStreamTracer;

/**
 * Two tracers for one stream: that of a stock balancer, and ours.
 *
 * <p>grpc-java takes one tracer factory with a pick. A stock balancer that follows its calls (such
 * as one that reads load reports) brings one of its own. Both are told, the stock one first, on the
 * thread on which the event happens.
 */
final class CompositeStreamTracer extends ForwardingClientStreamTracer {
  private final ClientStreamTracer theirs;
  private final ClientStreamTracer ours;

  private CompositeStreamTracer(ClientStreamTracer theirs, ClientStreamTracer ours) {
    this.theirs = theirs;
    this.ours = ours;
  }

  static ClientStreamTracer.Factory factory(
      ClientStreamTracer.Factory theirs, ClientStreamTracer.Factory ours) {
    return new ClientStreamTracer.Factory() {
      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        ClientStreamTracer first = theirs.newClientStreamTracer(info, headers);
        ClientStreamTracer second = ours.newClientStreamTracer(info, headers);
        return second == StreamTracer.NONE ? first : new CompositeStreamTracer(first, second);
      }
    };
  }

  @Override
  protected ClientStreamTracer delegate() {
    return theirs;
  }

  @Override
  public void streamCreated(Attributes transportAttrs, Metadata headers) {
    super.streamCreated(transportAttrs, headers);
    ours.streamCreated(transportAttrs, headers);
  }

  @Override
  public void outboundHeaders() {
    super.outboundHeaders();
    ours.outboundHeaders();
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
