package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.GeneratorNames;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaPackages;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.ProtocNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The services of a request.
 *
 * @param packages the types that protoc and we write into the packages of those services
 */
public record Contract(List<ServiceModel> services, JavaPackages packages) {

  /** Reads every service; the result is worth nothing if there were problems. */
  public static Contract read(DescriptorPool pool, Diagnostics diagnostics) {
    JavaPackages packages = packages(pool);
    PolicyExtensions policies = PolicyExtensions.of(pool);
    TypeCollisions collisions = new TypeCollisions(packages, diagnostics);
    List<ServiceModel> services = new ArrayList<>();
    for (FileDescriptorProto file : pool.toGenerate()) {
      SourceMap source = new SourceMap(file);
      for (int i = 0; i < file.getServiceCount(); i++) {
        ServiceReader reader = new ServiceReader(pool, policies, file, i, source, diagnostics);
        ServiceModel service = reader.read();
        collisions.add(service, reader.location());
        services.add(service);
      }
    }
    for (ServiceModel service : services) {
      for (JavaType type : List.of(service.blocking(), service.async(), service.rpc())) {
        packages.add(type.packageName(), type.path(), "a type of service " + service.fullName());
      }
    }
    return new Contract(services, packages);
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
