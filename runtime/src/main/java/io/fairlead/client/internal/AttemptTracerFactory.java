package io.fairlead.client.internal;

import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.observe.internal.StreamTracer;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/**
 * Gives each attempt's own tracer to its transport.
 *
 * <p>One factory serves all attempts, as the options of a call lead to its tracer. A factory for
 * each attempt would be one more copy of all options for each call.
 */
final class AttemptTracerFactory extends ClientStreamTracer.Factory {
  static final AttemptTracerFactory INSTANCE = new AttemptTracerFactory();

  private AttemptTracerFactory() {}

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    LoadBalancingContext context = info.getCallOptions().getOption(LoadBalancingContext.KEY);
    ClientStreamTracer tracer = context == null ? null : context.tracer();
    if (tracer instanceof AttemptTracer attempt) {
      return attempt.with(info.getCallOptions());
    }
    return tracer == null ? StreamTracer.NONE : tracer;
  }
}
