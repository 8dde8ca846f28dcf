package io.fairlead.codegen.contract;

import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaPackages;
import io.fairlead.codegen.names.JavaType;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Refuses types of ours that would overwrite another file: one of protoc's, or one for another
 * service. Names that differ by case alone are the same file on the disks of many people: among
 * services that is refused too. Beside a type of protoc's it is a warning only, because the
 * contracts are many where order_service.proto or orderservice.proto holds OrderService, and they
 * work on most disks.
 */
final class TypeCollisions {
  private final JavaPackages packages;
  private final Diagnostics diagnostics;
  private final Map<String, Map<String, String>> protocNames = new HashMap<>();
  private final Map<String, Owner> ours = new HashMap<>();

  private record Owner(ServiceModel service, SourceLocation location) {}

  TypeCollisions(JavaPackages packages, Diagnostics diagnostics) {
    this.packages = packages;
    this.diagnostics = diagnostics;
  }

  void add(ServiceModel service, SourceLocation location) {
    for (JavaType type : List.of(service.blocking(), service.async(), service.rpc())) {
      besideProtoc(service, location, type);
      Owner first = ours.putIfAbsent(lower(type.qualifiedName()), new Owner(service, location));
      if (first != null) {
        diagnostics.add(
            location,
            "services %s (%s) and %s would both write the Java type %s (letter case does not count); rename one, or give them different java_package options"
                .formatted(
                    first.service().fullName(),
                    first.location(),
                    service.fullName(),
                    type.qualifiedName()));
        return;
      }
    }
  }

  private void besideProtoc(ServiceModel service, SourceLocation location, JavaType type) {
    Map<String, String> origins = packages.origins(type.packageName());
    String name = protocNames(type.packageName()).get(lower(type.path()));
    if (origins.containsKey(type.path())) {
      diagnostics.add(
          location,
          "service %s would write the Java type %s, which %s already is; rename one, or give them different java_package options"
              .formatted(service.fullName(), type.qualifiedName(), origins.get(type.path())));
    } else if (name != null) {
      diagnostics.warn(
          location,
          "service %s writes the Java type %s beside %s, which %s is: where letter case does not count, as on most disks of macOS and Windows, they are one file; give the .proto file a java_outer_classname, or rename one"
              .formatted(service.fullName(), type.qualifiedName(), name, origins.get(name)));
    }
  }

  private Map<String, String> protocNames(String packageName) {
    return Objects.requireNonNull(
        protocNames.computeIfAbsent(
            packageName,
            name -> {
              Map<String, String> byLowerName = new HashMap<>();
              packages.in(name).forEach(type -> byLowerName.put(lower(type), type));
              return byLowerName;
            }));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
