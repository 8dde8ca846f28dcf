package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.Shape;
import io.fairlead.codegen.names.FieldGetter;
import io.fairlead.codegen.names.Identifiers;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.ProtocNames;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.Policy;
import java.util.List;

/** Reads one method. */
final class MethodReader {
  private final ContractInputs inputs;
  private final FileDescriptorProto file;
  private final String service;
  private final PolicyOption serviceOption;
  private final MethodDescriptorProto method;
  private final List<Integer> path;
  private final SourceMap source;
  private final Descriptor request;
  private final Descriptor response;
  private final PolicyOption option;
  private boolean touchesDeprecated;

  MethodReader(
      ContractInputs inputs,
      FileDescriptorProto file,
      String service,
      PolicyOption serviceOption,
      MethodDescriptorProto method,
      List<Integer> path,
      SourceMap source) {
    this.inputs = inputs;
    this.file = file;
    this.service = service;
    this.serviceOption = serviceOption;
    this.method = method;
    this.path = path;
    this.source = source;
    this.request = inputs.pool().message(method.getInputType());
    this.response = inputs.pool().message(method.getOutputType());
    this.option =
        PolicyOption.read(
            inputs.policies().policy(method.getOptions()),
            "(fairlead.method)",
            "rpc " + service + "." + method.getName(),
            ServiceReader.join(path, MethodDescriptorProto.OPTIONS_FIELD_NUMBER),
            source,
            inputs.diagnostics());
    this.touchesDeprecated =
        method.getOptions().getDeprecated() || isDeprecated(request) || isDeprecated(response);
  }

  /** The model of the method, for a service in that Java package. */
  MethodModel read(String packageName) {
    Shape shape = Shape.of(method.getClientStreaming(), method.getServerStreaming());
    IdempotencyLevel idempotency = method.getOptions().getIdempotencyLevel();
    Policy policy =
        EffectivePolicy.of(
            serviceOption.policy(),
            option.policy(),
            shape == Shape.UNARY,
            idempotency != IdempotencyLevel.IDEMPOTENCY_UNKNOWN);
    PolicyValueValidator.check(option);
    new MethodRules(option, serviceOption, policy, shape, idempotency).check();
    new LiveRules(option, serviceOption, policy).check();
    inputs.routes().check(file, service, method, path, source, request, response);
    return new MethodModel(
        method.getName(),
        Identifiers.methodName(method.getName()),
        constant(),
        shape,
        type(request, packageName, MethodDescriptorProto.INPUT_TYPE_FIELD_NUMBER),
        type(response, packageName, MethodDescriptorProto.OUTPUT_TYPE_FIELD_NUMBER),
        source.comment(path),
        method.getOptions().getDeprecated(),
        idempotency,
        policy,
        hashKey());
  }

  /** Whether code for the method must name something that is deprecated; known once it is read. */
  boolean touchesDeprecated() {
    return touchesDeprecated;
  }

  private String constant() {
    String name = Identifiers.constantName(method.getName());
    return name.equals("SERVICE_NAME") ? name + "_" : name;
  }

  private List<String> hashKey() {
    if (option.policy().getHashKey().isEmpty()) {
      return List.of();
    }
    List<FieldDescriptor> fields = HashKeyPath.resolve(option, request);
    for (FieldDescriptor field : fields) {
      touchesDeprecated |= field.getOptions().getDeprecated();
    }
    return fields.stream().map(FieldGetter::of).toList();
  }

  private JavaType type(Descriptor message, String packageName, int pathEnd) {
    JavaType type = ProtocNames.message(message);
    SourceLocation location = source.location(ServiceReader.join(path, pathEnd));
    if (type.packageName().isEmpty() && !packageName.isEmpty()) {
      inputs
          .diagnostics()
          .addForJava(
              location,
              "%s: the message %s is in Java's default package, which code in the package %s cannot reach; %s"
                  .formatted(
                      option.subject(),
                      message.getFullName(),
                      packageName,
                      packageAdvice(message)));
    }
    String bad = Identifiers.badPackageSegment(type.packageName());
    if (!bad.isEmpty() && !type.packageName().equals(packageName)) {
      inputs
          .diagnostics()
          .addForJava(
              location,
              "%s: Java cannot spell the package %s of the message %s, because of \"%s\"; %s"
                  .formatted(
                      option.subject(),
                      type.packageName(),
                      message.getFullName(),
                      bad,
                      packageAdvice(message)));
    }
    return type;
  }

  private String packageAdvice(Descriptor message) {
    return JavaOptions.packageAdvice(inputs.pool().proto(message.getFile().getName()));
  }

  private static boolean isDeprecated(Descriptor message) {
    for (Descriptor at = message; at != null; at = at.getContainingType()) {
      if (at.getOptions().getDeprecated()) {
        return true;
      }
    }
    return message.getFile().getOptions().getDeprecated();
  }
}
