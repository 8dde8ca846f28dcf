package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaPackages;
import io.fairlead.codegen.names.JavaType;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The files of one service: path in the output directory, and content. */
public final class ServiceFiles {
  /** Names of parameters and lambda parameters in what we write. */
  private static final Set<String> VARIABLES =
      Set.of("binding", "call", "calls", "channel", "handler", "request", "requests");

  private final ServiceModel service;
  private final JavaPackages packages;

  public ServiceFiles(ServiceModel service, JavaPackages packages) {
    this.service = service;
    this.packages = packages;
  }

  /** The three Java files. */
  public Map<String, String> java() {
    Map<String, String> files = new LinkedHashMap<>();
    put(files, service.blocking(), Set.of(), file -> BlockingInterface.write(file, service));
    put(files, service.async(), Set.of(), file -> AsyncInterface.write(file, service));
    RpcClass rpc = new RpcClass(service);
    Set<String> hidden = new HashSet<>(VARIABLES);
    hidden.addAll(rpc.nestedTypes());
    service.methods().stream().map(MethodModel::constant).forEach(hidden::add);
    hidden.add(RpcClass.SERVICE_NAME);
    put(files, service.rpc(), hidden, rpc::write);
    return files;
  }

  /** Beside the .proto file, as other languages look for it. */
  public String serviceConfigName() {
    String folder = service.protoPackage().replace('.', '/');
    return (folder.isEmpty() ? "" : folder + "/") + service.name() + ".service_config.json";
  }

  public String serviceConfig() {
    return ServiceConfig.json(service);
  }

  private void put(
      Map<String, String> files, JavaType type, Set<String> hidden, Consumer<JavaFile> body) {
    Imports imports = new Imports(type, packages.in(type.packageName()), hidden);
    body.accept(new JavaFile(imports));
    imports.settle();
    JavaFile text = new JavaFile(imports);
    body.accept(text);
    StringBuilder file = new StringBuilder();
    file.append("// Written by protoc-gen-fairlead from ")
        .append(JavaText.lineComment(service.file()))
        .append(". Do not edit.\n");
    if (!type.packageName().isEmpty()) {
      file.append("package ").append(type.packageName()).append(";\n\n");
    }
    imports.lines().forEach(name -> file.append("import ").append(name).append(";\n"));
    file.append(imports.lines().isEmpty() ? "" : "\n").append(text);
    files.put(type.qualifiedName().replace('.', '/') + ".java", file.toString());
  }
}
