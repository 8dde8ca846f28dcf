package io.fairlead.server.internal.stack;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.server.internal.call.ServerMethodConfig;
import io.fairlead.server.internal.service.BuiltInServices;
import io.grpc.CompressorRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds mistakes that stop a server before it binds, each in one sentence that names the way out.
 *
 * <p>They are found here, and not at the first call: a server that starts should be able to serve
 * every method as its contract says. Has no state.
 */
final class StartupChecks {
  private static final Set<PolicyField> SERVED_FIELDS =
      EnumSet.of(
          PolicyField.IDLE_TIMEOUT,
          PolicyField.MAX_REQUEST_BYTES,
          PolicyField.MAX_RESPONSE_BYTES,
          PolicyField.COMPRESSION,
          PolicyField.AUTH_SCOPES,
          PolicyField.PUBLIC_ACCESS,
          PolicyField.PRIORITY);

  private StartupChecks() {}

  static void checkServices(
      List<ServerServiceDefinition> handlers, List<ServerServiceDefinition> standard) {
    List<ServerServiceDefinition> all = new ArrayList<>(handlers);
    all.addAll(standard);
    refuseDoubles(all);
  }

  static void checkMethods(Collection<ServerMethodConfig> methods, ServerAccessConfig access) {
    for (ServerMethodConfig method : methods) {
      refuseScopesWithoutAuthorizer(method, access);
      refuseUnknownCompression(method);
    }
    List<String> names = methods.stream().map(ServerMethodConfig::name).toList();
    refuseUnknownNames("publicMethods", access.methods().open(), names);
    refuseUnknownNames("authenticatedMethods", access.methods().authenticated(), names);
    refuseContradictions(methods, access);
  }

  private static void refuseUnknownNames(
      String setting, Set<String> given, List<String> methodNames) {
    for (String name : new TreeSet<>(given)) {
      if (methodNames.stream().noneMatch(m -> m.equals(name) || m.startsWith(name + "/"))) {
        throw refused(
            "%s(...) names %s, which this server does not serve; it serves %s",
            setting, name, String.join(", ", new TreeSet<>(methodNames)));
      }
    }
  }

  /** Each method has one answer to who may call it; by request, none is without. */
  private static void refuseContradictions(
      Collection<ServerMethodConfig> methods, ServerAccessConfig access) {
    Set<String> silent = new TreeSet<>();
    for (ServerMethodConfig method : methods) {
      MethodAccess rules = access.methods();
      boolean open = rules.isOpen(method);
      boolean authenticated = rules.isAuthenticated(method);
      boolean byBuilder = rules.namesAuthenticated(method);
      if (open && (authenticated || !method.scopes().isEmpty())) {
        throw refused(
            "%s is public by %s, and %s; keep one of the two",
            method.name(),
            rules.namesOpen(method) ? "publicMethods(...)" : "its policy",
            authenticated
                ? "needs a caller by "
                    + (byBuilder ? "authenticatedMethods(...)" : "the public: false of its policy")
                : "its policy asks for the scopes " + new TreeSet<>(method.scopes()));
      }
      if (authenticated && access.authorizer() == null) {
        throw refused(
            "%s %s, and nobody finds out who calls; give the server an authorizer(...)",
            byBuilder ? "authenticatedMethods(...) names" : "public: false is the policy of",
            method.name());
      }
      if (!open && !authenticated && method.scopes().isEmpty()) {
        silent.add(method.name());
      }
    }
    if (access.methods().complete() && !silent.isEmpty()) {
      throw refused(
          "nothing says who may call %s, and secureByDefault() asks for it; state auth_scopes or"
              + " public in the contract, or name them in authenticatedMethods(...) or"
              + " publicMethods(...)",
          String.join(", ", silent));
    }
  }

  /**
   * Checks that policies name what the server serves, and state only what a server honours.
   *
   * @param grows whether they may name what the server does not serve yet
   */
  static void checkPolicies(
      List<ServerServiceDefinition> handlers, MethodPolicies policies, boolean grows) {
    Map<String, Boolean> unaryByName = new TreeMap<>();
    for (ServerServiceDefinition service : handlers) {
      unaryByName.put(service.getServiceDescriptor().getName(), false);
      for (MethodDescriptor<?, ?> method : service.getServiceDescriptor().getMethods()) {
        unaryByName.put(method.getFullMethodName(), method.getType() == MethodType.UNARY);
      }
    }
    for (String name : policies.names()) {
      Boolean unary = name.equals(MethodPolicies.ALL) ? Boolean.FALSE : unaryByName.get(name);
      if (unary == null && grows) {
        unary = false;
      }
      if (unary == null) {
        throw refused(
            "a policy is given for %s, which this server does not serve; it serves %s",
            name, String.join(", ", unaryByName.keySet()));
      }
      refuseForeign(name, policies.get(name), unary);
    }
  }

  /** Refuses a policy of a channel at a server, where it would have no effect. */
  private static void refuseForeign(String name, MethodPolicy policy, boolean unary) {
    if (policy.fault().isPresent()) {
      throw refused(
          "the policy given to the server for %s states a fault; give it to a FaultInjector of"
              + " fairlead-experiments, and that to intercept(...)",
          name);
    }
    for (PolicyField field : PolicyField.values()) {
      if (field.of(policy) != null && !SERVED_FIELDS.contains(field)) {
        throw refused(
            "the policy given to the server for %s states %s, which only a channel honours; take it"
                + " out, or say it in the contract or to the channel (a server takes %s)",
            name,
            field.fieldName(),
            String.join(", ", SERVED_FIELDS.stream().map(PolicyField::fieldName).toList()));
      }
    }
    if (unary && policy.idleTimeout().isPresent()) {
      throw refused(
          "the policy given to the server for %s states idleTimeout, which is for streams, and the"
              + " method is unary; take it out",
          name);
    }
  }

  /** Refuses scopes that nobody would check: the method would be open to everyone. */
  private static void refuseScopesWithoutAuthorizer(
      ServerMethodConfig method, ServerAccessConfig access) {
    if (access.authorizer() == null && !method.scopes().isEmpty()) {
      throw refused(
          "the policy of %s asks for the scopes %s, and nobody checks them; give the server an"
              + " authorizer(...)",
          method.name(), new TreeSet<>(method.scopes()));
    }
  }

  private static void refuseUnknownCompression(ServerMethodConfig method) {
    MethodPolicy policy = method.policy();
    String encoding = policy.compression().orElse(null);
    if (encoding != null
        && CompressorRegistry.getDefaultInstance().lookupCompressor(encoding) == null) {
      throw refused(
          "the compression \"%s\" of %s is not known here; use \"gzip\" or \"identity\", or"
              + " register a codec in CompressorRegistry and DecompressorRegistry",
          encoding, method.name());
    }
  }

  /** Refuses two handlers for one service: grpc-java would take the last in silence. */
  private static void refuseDoubles(List<ServerServiceDefinition> services) {
    Map<String, ServerServiceDefinition> seen = new LinkedHashMap<>();
    for (ServerServiceDefinition service : services) {
      String name = service.getServiceDescriptor().getName();
      ServerServiceDefinition first = seen.putIfAbsent(name, service);
      if (first != null) {
        throw refused(
            "two handlers for %s: service %s was given twice; call service(...) once for it%s",
            String.join(", ", methodsOfBoth(first, service)),
            name,
            BuiltInServices.NAMES.contains(name)
                ? ", or leave the server's own out with builtInServices(...)"
                : "");
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

  @FormatMethod
  private static IllegalStateException refused(@FormatString String why, Object... values) {
    return new IllegalStateException(why.formatted(values));
  }
}
