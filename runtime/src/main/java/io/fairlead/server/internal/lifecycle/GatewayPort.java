package io.fairlead.server.internal.lifecycle;

import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.server.internal.observe.ServerCallRecorderFactory;
import io.fairlead.server.internal.stack.ServerExecutors;
import io.fairlead.server.internal.stack.ServerStack;
import io.grpc.Attributes;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** The port of one server, for its gateway. */
record GatewayPort(
    ServerConfig config,
    ServerStack stack,
    ServerExecutors executors,
    @Nullable TlsWatch watch,
    ServerCredentials credentials)
    implements ServerGateway.Port {

  @Override
  public Server start(ServerCredentials changed) {
    return ServerSocketBinder.start(config, stack, executors, watch, changed);
  }

  @Override
  public List<ServerServiceDefinition> services() {
    return stack.services();
  }

  @Override
  public ServerServiceDefinition layered(ServerServiceDefinition service) {
    return stack.layered(service);
  }

  @Override
  public boolean authorizes() {
    return stack.authorizes();
  }

  @Override
  public Attributes attributes() {
    return Attributes.newBuilder().set(HandlerExecutor.ATTRIBUTE, executors.handlers()).build();
  }

  @Override
  public List<ServerStreamTracer.Factory> tracers() {
    ServerCallRecorderFactory recorders = stack.recorders();
    return recorders == null ? List.of() : List.of(recorders);
  }

  @Override
  public Executor handlers() {
    return executors.handlers()::run;
  }

  @Override
  public ScheduledExecutorService timer() {
    return executors.timer();
  }

  @Override
  public int maxRequestBytes() {
    return stack.largestRequest();
  }
}
