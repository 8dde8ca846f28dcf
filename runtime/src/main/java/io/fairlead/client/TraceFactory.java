package io.fairlead.client;

import io.fairlead.balance.internal.LoadBalancingContext;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/** Gives each attempt's own trace to its transport. One for all: the attempt leads to its trace. */
final class TraceFactory extends ClientStreamTracer.Factory {
  static final TraceFactory INSTANCE = new TraceFactory();

  private static final ClientStreamTracer NONE = new ClientStreamTracer() {};

  private TraceFactory() {}

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    LoadBalancingContext context = info.getCallOptions().getOption(LoadBalancingContext.KEY);
    ClientStreamTracer witness = context == null ? null : context.tracer();
    return witness == null ? NONE : witness;
  }
}
