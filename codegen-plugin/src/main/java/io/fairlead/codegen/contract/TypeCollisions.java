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
 * service. Names that differ by case alone are the same file on the disks of many people.
 */
final class TypeCollisions {
  private final JavaPackages packages;
  private final Problems problems;
  private final Map<String, Map<String, String>> protocTypes = new HashMap<>();
  private final Map<String, Owner> ours = new HashMap<>();

  private record Owner(ServiceModel service, Place place) {}

  TypeCollisions(JavaPackages packages, Problems problems) {
    this.packages = packages;
    this.problems = problems;
  }

  void add(ServiceModel service, Place place) {
    for (JavaType type : List.of(service.blocking(), service.async(), service.rpc())) {
      String origin = protocTypes(type.packageName()).get(lower(type.path()));
      if (origin != null) {
        problems.add(
            place,
            "service %s would write the Java type %s, which %s already is (letter case does not count); rename one, or give them different java_package options"
                .formatted(service.fullName(), type.qualifiedName(), origin));
      }
      Owner first = ours.putIfAbsent(lower(type.qualifiedName()), new Owner(service, place));
      if (first != null) {
        problems.add(
            place,
            "services %s (%s) and %s would both write the Java type %s (letter case does not count); rename one, or give them different java_package options"
                .formatted(
                    first.service().fullName(),
                    first.place(),
                    service.fullName(),
                    type.qualifiedName()));
        return;
      }
    }
  }

  private Map<String, String> protocTypes(String packageName) {
    return Objects.requireNonNull(
        protocTypes.computeIfAbsent(
            packageName,
            name -> {
              Map<String, String> byLowerName = new HashMap<>();
              packages.origins(name).forEach((type, what) -> byLowerName.put(lower(type), what));
              return byLowerName;
            }));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
