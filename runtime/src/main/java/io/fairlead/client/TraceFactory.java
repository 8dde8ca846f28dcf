package io.fairlead.client;

import io.fairlead.balance.Attempt;
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
    Attempt attempt = info.getCallOptions().getOption(Attempt.KEY);
    ClientStreamTracer witness = attempt == null ? null : attempt.witness();
    return witness == null ? NONE : witness;
  }
}
