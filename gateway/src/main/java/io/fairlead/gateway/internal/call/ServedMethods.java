package io.fairlead.gateway.internal.call;

import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The methods of a server by name. Immutable. */
public final class ServedMethods {
  private final Map<String, ServedMethod> methods = new LinkedHashMap<>();

  /** Collects the methods of these services. */
  public ServedMethods(List<ServerServiceDefinition> services) {
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> definition : service.getMethods()) {
        ServedMethod method = ServedMethod.of(definition);
        if (method != null) {
          methods.put(method.name(), method);
        }
      }
    }
  }

  /** Returns the method that a path such as {@code /shop.v1.Inventory/Reserve} names. */
  public @Nullable ServedMethod ofPath(String path) {
    return path.isEmpty() ? null : methods.get(path.substring(1));
  }

  /** Returns all of them. */
  public Collection<ServedMethod> all() {
    return methods.values();
  }
}
