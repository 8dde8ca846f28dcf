package io.fairlead.bench.balance;

import io.grpc.ClientStreamTracer;

/** One call from its arrival to its end. */
final class Call {
  final ClientStreamTracer tracer;
  final Server server;
  final long arrivedAt;
  final boolean counts;
  boolean begun;
  boolean ended;

  Call(ClientStreamTracer tracer, Server server, long arrivedAt, boolean counts) {
    this.tracer = tracer;
    this.server = server;
    this.arrivedAt = arrivedAt;
    this.counts = counts;
  }
}
