package io.fairlead.client.internal;

import io.fairlead.balance.internal.LoadBalancingContext;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/** Gives each attempt's own trace to its transport. One for all: the attempt leads to its trace. */
final class AttemptTracerFactory extends ClientStreamTracer.Factory {
  static final AttemptTracerFactory INSTANCE = new AttemptTracerFactory();

  private static final ClientStreamTracer NONE = new ClientStreamTracer() {};

  private AttemptTracerFactory() {}

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    LoadBalancingContext context = info.getCallOptions().getOption(LoadBalancingContext.KEY);
    ClientStreamTracer witness = context == null ? null : context.tracer();
    return witness == null ? NONE : witness;
  }
}
