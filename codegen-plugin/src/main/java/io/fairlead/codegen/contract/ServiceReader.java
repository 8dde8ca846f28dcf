package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.Identifiers;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.ProtocNames;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.Policy;
import java.util.ArrayList;
import java.util.List;

/** Reads one service. */
final class ServiceReader {
  private final DescriptorPool pool;
  private final PolicyExtensions policies;
  private final FileDescriptorProto file;
  private final ServiceDescriptorProto service;
  private final List<Integer> path;
  private final SourceMap source;
  private final Diagnostics diagnostics;

  ServiceReader(
      DescriptorPool pool,
      PolicyExtensions policies,
      FileDescriptorProto file,
      int index,
      SourceMap source,
      Diagnostics diagnostics) {
    this.pool = pool;
    this.policies = policies;
    this.file = file;
    this.service = file.getService(index);
    this.path = List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, index);
    this.source = source;
    this.diagnostics = diagnostics;
  }

  /** Where the service's name stands. */
  SourceLocation location() {
    return source.location(join(path, ServiceDescriptorProto.NAME_FIELD_NUMBER));
  }

  ServiceModel read() {
    JavaType fileClass = ProtocNames.fileClass(pool.file(file.getName()));
    String packageName = fileClass.packageName();
    checkPackage(packageName);
    Policy policy = checkedPolicy();
    boolean deprecated = file.getOptions().getDeprecated() || service.getOptions().getDeprecated();
    boolean touchesDeprecated = deprecated;
    MethodNames names = new MethodNames(service.getName(), diagnostics);
    List<MethodModel> methods = new ArrayList<>();
    for (int i = 0; i < service.getMethodCount(); i++) {
      List<Integer> methodPath = join(path, ServiceDescriptorProto.METHOD_FIELD_NUMBER, i);
      MethodReader reader =
          new MethodReader(
              pool,
              policies,
              service.getName(),
              policy,
              service.getMethod(i),
              methodPath,
              source,
              diagnostics);
      MethodModel method = reader.read(packageName);
      names.add(method, source.location(join(methodPath, MethodDescriptorProto.NAME_FIELD_NUMBER)));
      methods.add(method);
      touchesDeprecated |= reader.touchesDeprecated();
    }
    String type = Identifiers.typeName(service.getName());
    return new ServiceModel(
        file.getName(),
        location().toString(),
        file.getPackage(),
        service.getName(),
        JavaType.of(packageName, type),
        JavaType.of(packageName, type + "Async"),
        JavaType.of(packageName, type + "Rpc"),
        fileClass,
        source.comment(path),
        deprecated,
        touchesDeprecated,
        policy,
        methods);
  }

  private Policy checkedPolicy() {
    PolicyOption option =
        PolicyOption.read(
            policies.policy(service.getOptions()),
            "(fairlead.service)",
            "service " + service.getName(),
            join(path, ServiceDescriptorProto.OPTIONS_FIELD_NUMBER),
            source,
            diagnostics);
    Policy policy = option.policy();
    PolicyValueValidator.check(option);
    MethodRules.Times.check(
        option, EffectivePolicy.of(policy, Policy.getDefaultInstance(), true, true));
    if (!policy.getHashKey().isEmpty()) {
      option.refuse(
          "hash_key \"%s\" stands on a service, whose methods take different requests; write it on each method"
              .formatted(policy.getHashKey()),
          Policy.HASH_KEY_FIELD_NUMBER);
    }
    return policy;
  }

  private void checkPackage(String packageName) {
    String bad = Identifiers.badPackageSegment(packageName);
    if (!bad.isEmpty()) {
      diagnostics.add(
          location(),
          "service %s: Java cannot spell the package %s, because of \"%s\"; set option java_package"
              .formatted(service.getName(), packageName, bad));
    }
  }

  static List<Integer> join(List<Integer> path, Integer... more) {
    List<Integer> joined = new ArrayList<>(path);
    joined.addAll(List.of(more));
    return joined;
  }
}
