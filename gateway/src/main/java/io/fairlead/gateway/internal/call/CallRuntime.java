package io.fairlead.gateway.internal.call;

import io.grpc.ServerStreamTracer;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What every call needs of its server.
 *
 * @param maxRequestBytes of one message, decompressed
 * @param deadlineHeader of requests, with milliseconds; empty without one
 */
public record CallRuntime(
    List<ServerStreamTracer.Factory> tracers,
    ScheduledExecutorService timer,
    int maxRequestBytes,
    String deadlineHeader) {
  public CallRuntime {
    tracers = List.copyOf(tracers);
  }
}
