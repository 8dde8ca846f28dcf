package io.fairlead.codegen.contract;

import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaPackages;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.Origin;
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
 *
 * <p>Each of these contracts may be fine for other languages. Each message therefore names a way
 * out that leaves the contract as it is: another Java name.
 */
final class TypeCollisions {
  private final DescriptorPool pool;
  private final JavaPackages packages;
  private final Diagnostics diagnostics;
  private final Map<String, Map<String, String>> protocNames = new HashMap<>();
  private final Map<String, Owner> ours = new HashMap<>();

  private record Owner(ServiceModel service, SourceLocation location) {}

  TypeCollisions(DescriptorPool pool, JavaPackages packages, Diagnostics diagnostics) {
    this.pool = pool;
    this.packages = packages;
    this.diagnostics = diagnostics;
  }

  void add(ServiceModel service, SourceLocation location) {
    for (JavaType type : List.of(service.blocking(), service.async(), service.rpc())) {
      besideProtoc(service, location, type);
      Owner first = ours.putIfAbsent(lower(type.qualifiedName()), new Owner(service, location));
      if (first != null) {
        diagnostics.addForJava(
            location,
            "services %s (%s) and %s would both write the Java type %s (letter case does not count); rename one, give them different java_package options, or %s"
                .formatted(
                    first.service().fullName(),
                    first.location(),
                    service.fullName(),
                    type.qualifiedName(),
                    anotherName(service)));
        return;
      }
    }
  }

  private void besideProtoc(ServiceModel service, SourceLocation location, JavaType type) {
    Map<String, Origin> origins = packages.origins(type.packageName());
    Origin same = origins.get(type.path());
    String name = protocNames(type.packageName()).get(lower(type.path()));
    if (same != null) {
      diagnostics.addForJava(
          location,
          "service %s would write the Java type %s, which %s already is; %s, or %s"
              .formatted(
                  service.fullName(),
                  type.qualifiedName(),
                  same.what(),
                  advice(same),
                  anotherName(service)));
    } else if (name != null) {
      Origin other = Objects.requireNonNull(origins.get(name));
      diagnostics.warnForJava(
          location,
          "service %s writes the Java type %s beside %s, which %s is: where letter case does not count, as on most disks of macOS and Windows, they are one file; %s, or %s"
              .formatted(
                  service.fullName(),
                  type.qualifiedName(),
                  name,
                  other.what(),
                  advice(other),
                  anotherName(service)));
    }
  }

  /** What to change in the contract. */
  private String advice(Origin origin) {
    return switch (origin.kind()) {
      case NAME -> "rename one, give them different java_package options";
      case FILE_CLASS -> JavaOptions.fileClassAdvice(pool.proto(origin.file()));
      case GENERIC_SERVICE -> JavaOptions.genericServicesAdvice(pool.proto(origin.file()));
    };
  }

  /** What to change where the contract is somebody else's. */
  private static String anotherName(ServiceModel service) {
    return "give the service another Java name with the parameter java_name=%s=%s%s"
        .formatted(
            service.fullName(),
            service.name(),
            service.name().endsWith("Service") ? "Api" : "Service");
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
