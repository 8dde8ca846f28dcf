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
  /** What javac takes, with room to spare; see LargeServiceTest. */
  private static final int MOST_METHODS = 5000;

  private final ContractInputs inputs;
  private final FileDescriptorProto file;
  private final ServiceDescriptorProto service;
  private final List<Integer> path;
  private final SourceMap source;

  ServiceReader(ContractInputs inputs, FileDescriptorProto file, int index, SourceMap source) {
    this.inputs = inputs;
    this.file = file;
    this.service = file.getService(index);
    this.path = List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, index);
    this.source = source;
  }

  /** Where the service's name stands. */
  SourceLocation location() {
    return source.location(join(path, ServiceDescriptorProto.NAME_FIELD_NUMBER));
  }

  ServiceModel read() {
    JavaType fileClass = ProtocNames.fileClass(inputs.pool().file(file.getName()));
    String packageName = fileClass.packageName();
    checkPackage(packageName);
    checkSize();
    PolicyOption option = checkedPolicy();
    ServiceCoverage coverage = new ServiceCoverage(option);
    boolean deprecated = file.getOptions().getDeprecated() || service.getOptions().getDeprecated();
    boolean touchesDeprecated = deprecated;
    MethodNames names = new MethodNames(service.getName(), inputs.diagnostics());
    List<MethodModel> methods = new ArrayList<>();
    for (int i = 0; i < service.getMethodCount(); i++) {
      List<Integer> methodPath = join(path, ServiceDescriptorProto.METHOD_FIELD_NUMBER, i);
      MethodReader reader =
          new MethodReader(
              inputs, file, service.getName(), option, service.getMethod(i), methodPath, source);
      MethodModel method = reader.read(packageName);
      names.add(method, source.location(join(methodPath, MethodDescriptorProto.NAME_FIELD_NUMBER)));
      methods.add(method);
      coverage.add(method);
      touchesDeprecated |= reader.touchesDeprecated();
    }
    coverage.warn();
    String type = inputs.names().typeName(file.getPackage(), service.getName());
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
        option.policy(),
        methods);
  }

  private PolicyOption checkedPolicy() {
    PolicyOption option =
        PolicyOption.read(
            inputs.policies().policy(service.getOptions()),
            "(fairlead.service)",
            "service " + service.getName(),
            join(path, ServiceDescriptorProto.OPTIONS_FIELD_NUMBER),
            source,
            inputs.diagnostics());
    Policy policy = option.policy();
    PolicyValueValidator.check(option);
    Policy effective = EffectivePolicy.of(policy, Policy.getDefaultInstance(), true, true);
    MethodRules.Times.check(option, option, effective);
    // Of a service, all that it states: its streams have what its unary methods have not.
    new LiveRules(option, option, policy).check();
    if (!policy.getHashKey().isEmpty()) {
      option.refuse(
          "hash_key \"%s\" stands on a service, whose methods take different requests; write it on each method"
              .formatted(policy.getHashKey()),
          Policy.HASH_KEY_FIELD_NUMBER);
    }
    if (policy.hasCache()) {
      option.refuse(
          "cache stands on a service, whose methods give different responses; write it on each method whose responses may be kept",
          Policy.CACHE_FIELD_NUMBER);
    }
    if (policy.hasMirror()) {
      option.refuse(
          "mirror stands on a service, whose methods may have side effects; write it on each method whose calls may be copied",
          Policy.MIRROR_FIELD_NUMBER);
    }
    return option;
  }

  private void checkPackage(String packageName) {
    String bad = Identifiers.badPackageSegment(packageName);
    SourceLocation place = JavaOptions.packagePlace(file, location());
    if (!bad.isEmpty()) {
      inputs
          .diagnostics()
          .addForJava(
              place,
              "service %s: Java cannot spell the package %s, because of \"%s\"; %s"
                  .formatted(service.getName(), packageName, bad, JavaOptions.packageAdvice(file)));
    } else if (packageName.equals("java") || packageName.startsWith("java.")) {
      inputs
          .diagnostics()
          .addForJava(
              place,
              "service %s: the package %s belongs to Java itself, which loads no other classes there; %s"
                  .formatted(service.getName(), packageName, JavaOptions.packageAdvice(file)));
    }
  }

  private void checkSize() {
    if (service.getMethodCount() > MOST_METHODS) {
      inputs
          .diagnostics()
          .addForJava(
              location(),
              "service %s has %d methods, and a Java class for it holds at most %d; divide it into several services"
                  .formatted(service.getName(), service.getMethodCount(), MOST_METHODS));
    }
  }

  static List<Integer> join(List<Integer> path, Integer... more) {
    List<Integer> joined = new ArrayList<>(path);
    joined.addAll(List.of(more));
    return joined;
  }
}
