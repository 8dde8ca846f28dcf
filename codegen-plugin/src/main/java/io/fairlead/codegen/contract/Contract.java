package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.GeneratorNames;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaNames;
import io.fairlead.codegen.names.JavaPackages;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.Origin;
import io.fairlead.codegen.names.Origin.Kind;
import io.fairlead.codegen.names.ProtocNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The services of a request.
 *
 * @param packages the types that protoc and we write into the packages of those services
 */
public record Contract(List<ServiceModel> services, JavaPackages packages) {

  /** Reads every service; the result is worth nothing if there were problems. */
  public static Contract read(DescriptorPool pool, JavaNames names, Diagnostics diagnostics) {
    JavaPackages packages = packages(pool);
    ContractInputs inputs =
        new ContractInputs(
            pool,
            PolicyExtensions.of(pool, diagnostics),
            new HttpRuleReader(diagnostics),
            names,
            diagnostics);
    TypeCollisions collisions = new TypeCollisions(pool, packages, diagnostics);
    List<ServiceModel> services = new ArrayList<>();
    for (FileDescriptorProto file : pool.toGenerate()) {
      SourceMap source = new SourceMap(file);
      for (int i = 0; i < file.getServiceCount(); i++) {
        ServiceReader reader = new ServiceReader(inputs, file, i, source);
        ServiceModel service = reader.read();
        collisions.add(service, reader.location());
        services.add(service);
      }
    }
    checkNames(names, services, diagnostics);
    for (ServiceModel service : services) {
      for (JavaType type : List.of(service.blocking(), service.async(), service.rpc())) {
        packages.add(
            type.packageName(),
            type.path(),
            new Origin(Kind.NAME, "a type of service " + service.fullName(), service.file()));
      }
    }
    return new Contract(services, packages);
  }

  /**
   * A name for a service that is not there may be meant for another run of the plugin, as buf
   * starts one for each folder. It is a mistake only if a service is there that was probably meant.
   */
  private static void checkNames(
      JavaNames names, List<ServiceModel> services, Diagnostics diagnostics) {
    Map<String, ServiceModel> known = new TreeMap<>();
    services.forEach(service -> known.put(service.fullName(), service));
    services.forEach(service -> known.putIfAbsent(service.name(), service));
    for (String asked : new TreeSet<>(names.names().keySet())) {
      if (!known.containsKey(asked)) {
        Suggestion.nearest(asked, known.keySet())
            .ifPresent(
                near ->
                    diagnostics.warn(
                        Objects.requireNonNull(known.get(near)).location(),
                        "the parameter java_name names the service %s, which is not here; did you mean %s?"
                            .formatted(asked, near)));
      }
    }
  }

  private static JavaPackages packages(DescriptorPool pool) {
    Set<String> withServices = new HashSet<>();
    for (FileDescriptorProto file : pool.toGenerate()) {
      if (file.getServiceCount() > 0) {
        withServices.add(GeneratorNames.getFileJavaPackage(file));
      }
    }
    JavaPackages packages = new JavaPackages();
    for (FileDescriptorProto file : pool.files()) {
      String packageName = GeneratorNames.getFileJavaPackage(file);
      if (withServices.contains(packageName)) {
        ProtocNames.topLevelTypes(pool.file(file.getName()))
            .forEach((name, origin) -> packages.add(packageName, name, origin));
      }
    }
    return packages;
  }
}
