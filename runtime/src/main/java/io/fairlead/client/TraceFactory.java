package io.fairlead.client;

import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** Gives each attempt's own trace to its transport. One for all: the trace is in the options. */
final class TraceFactory extends ClientStreamTracer.Factory {
  static final CallOptions.Key<@Nullable AttemptTrace> KEY =
      CallOptions.Key.create("io.fairlead.client.AttemptTrace");
  static final TraceFactory INSTANCE = new TraceFactory();

  private static final ClientStreamTracer NONE = new ClientStreamTracer() {};

  private TraceFactory() {}

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    AttemptTrace trace = info.getCallOptions().getOption(KEY);
    return trace == null ? NONE : trace;
  }
}
