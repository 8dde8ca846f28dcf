package io.fairlead.server;

import io.fairlead.policy.MethodPolicy;
import io.grpc.CompressorRegistry;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Mistakes that stop a server before it binds, each in one sentence that names the way out. */
final class StartupChecks {
  private StartupChecks() {}

  static void check(
      List<ServerServiceDefinition> handlers,
      List<ServerServiceDefinition> standard,
      ServerGuards guards) {
    List<ServerServiceDefinition> all = new ArrayList<>(handlers);
    all.addAll(standard);
    refuseDoubles(all);
    for (ServerServiceDefinition service : handlers) {
      for (ServerMethodDefinition<?, ?> definition : service.getMethods()) {
        ServedMethod method = ServedMethod.of(definition.getMethodDescriptor());
        refuseScopesWithoutAuthorizer(method, guards);
        refuseUnknownCompression(method);
      }
    }
  }

  private static void refuseScopesWithoutAuthorizer(ServedMethod method, ServerGuards guards) {
    if (guards.authorizer() == null && !method.scopes().isEmpty()) {
      throw new IllegalStateException(
          "the contract of "
              + method.name()
              + " asks for the scopes "
              + new TreeSet<>(method.scopes())
              + ", and nobody checks them; give the server an authorizer(...)");
    }
  }

  private static void refuseUnknownCompression(ServedMethod method) {
    MethodPolicy policy = method.policy();
    String encoding = policy.compression();
    if (encoding != null
        && CompressorRegistry.getDefaultInstance().lookupCompressor(encoding) == null) {
      throw new IllegalStateException(
          "the compression \""
              + encoding
              + "\" of "
              + method.name()
              + " is not known here; use \"gzip\" or \"identity\", or register a codec in"
              + " CompressorRegistry and DecompressorRegistry");
    }
  }

  private static void refuseDoubles(List<ServerServiceDefinition> services) {
    Map<String, ServerServiceDefinition> seen = new LinkedHashMap<>();
    for (ServerServiceDefinition service : services) {
      String name = service.getServiceDescriptor().getName();
      ServerServiceDefinition first = seen.putIfAbsent(name, service);
      if (first != null) {
        throw new IllegalStateException(
            "two handlers for "
                + String.join(", ", methodsOfBoth(first, service))
                + ": service "
                + name
                + " was given twice; call service(...) once for it"
                + (StandardServices.NAMES.contains(name)
                    ? ", or leave the server's own out with standardServices(...)"
                    : ""));
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
    return both.isEmpty() ? Set.of("one service name") : both;
  }
}
