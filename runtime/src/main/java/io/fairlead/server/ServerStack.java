package io.fairlead.server;

import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;

/** The layers around every method of a server. */
final class ServerStack {
  private final List<ServerServiceDefinition> services;
  private final Map<String, ServerCallHandler<?, ?>> methods;

  private ServerStack(
      List<ServerServiceDefinition> services, Map<String, ServerCallHandler<?, ?>> methods) {
    this.services = services;
    this.methods = methods;
  }

  static ServerStack assemble(List<ServerServiceDefinition> handlers, Executor workers) {
    refuseDoubles(handlers);
    Map<String, ServerCallHandler<?, ?>> methods = new LinkedHashMap<>();
    List<ServerServiceDefinition> services =
        handlers.stream().map(service -> assemble(service, workers, methods)).toList();
    return new ServerStack(services, methods);
  }

  private static ServerServiceDefinition assemble(
      ServerServiceDefinition service,
      Executor workers,
      Map<String, ServerCallHandler<?, ?>> methods) {
    ServerServiceDefinition.Builder wrapped =
        ServerServiceDefinition.builder(service.getServiceDescriptor());
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      wrapped.addMethod(assemble(method, workers, methods));
    }
    return wrapped.build();
  }

  private static <Q, R> ServerMethodDefinition<Q, R> assemble(
      ServerMethodDefinition<Q, R> method,
      Executor workers,
      Map<String, ServerCallHandler<?, ?>> methods) {
    ServerCallHandler<Q, R> handler = method.getServerCallHandler();
    // Nearest to the handler: everything above decides quickly, on the event loop.
    handler = new Layer<>(new HopInterceptor(workers), handler);
    // Before anything that costs work or counts a call: nobody waits for this answer.
    handler = new Layer<>(DeadlineInterceptor.INSTANCE, handler);
    methods.put(method.getMethodDescriptor().getFullMethodName(), handler);
    return method.withServerCallHandler(handler);
  }

  private static void refuseDoubles(List<ServerServiceDefinition> handlers) {
    Map<String, ServerServiceDefinition> seen = new LinkedHashMap<>();
    for (ServerServiceDefinition service : handlers) {
      String name = service.getServiceDescriptor().getName();
      ServerServiceDefinition first = seen.putIfAbsent(name, service);
      if (first != null) {
        throw new IllegalStateException(
            "two handlers for "
                + String.join(", ", methodsOfBoth(first, service))
                + ": service "
                + name
                + " was given twice; call service(...) once for it");
      }
    }
  }

  private static Set<String> methodsOfBoth(
      ServerServiceDefinition one, ServerServiceDefinition two) {
    Set<String> both = new TreeSet<>();
    for (ServerMethodDefinition<?, ?> method : one.getMethods()) {
      String name = method.getMethodDescriptor().getFullMethodName();
      if (two.getMethod(name) != null) {
        both.add(name);
      }
    }
    return both;
  }

  List<ServerServiceDefinition> services() {
    return services;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    methods.forEach((name, stack) -> text.append(name).append(": ").append(stack).append('\n'));
    return text.toString();
  }
}
