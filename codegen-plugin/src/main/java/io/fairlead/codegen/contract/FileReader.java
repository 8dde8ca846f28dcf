package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.model.Shape;
import io.fairlead.codegen.names.Identifiers;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.ProtocNames;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import java.util.ArrayList;
import java.util.List;

/** Reads the services of one file. */
final class FileReader {
  private static final int SERVICE = FileDescriptorProto.SERVICE_FIELD_NUMBER;
  private static final int METHOD = ServiceDescriptorProto.METHOD_FIELD_NUMBER;

  private final Schema schema;
  private final FileDescriptorProto file;
  private final FileDescriptor descriptor;
  private final SourceMap source;
  private final Problems problems;

  FileReader(Schema schema, FileDescriptorProto file, Problems problems) {
    this.schema = schema;
    this.file = file;
    this.descriptor = schema.file(file.getName());
    this.source = new SourceMap(file);
    this.problems = problems;
  }

  Place placeOfService(int index) {
    return source.place(List.of(SERVICE, index, ServiceDescriptorProto.NAME_FIELD_NUMBER));
  }

  ServiceModel service(int index) {
    ServiceDescriptorProto service = file.getService(index);
    JavaType fileClass = ProtocNames.fileClass(descriptor);
    String packageName = fileClass.packageName();
    checkPackage(packageName, placeOfService(index), "service " + service.getName());
    String type = Identifiers.typeName(service.getName());
    List<MethodModel> methods = new ArrayList<>();
    MethodNames names = new MethodNames(service.getName(), problems);
    boolean touchesDeprecated =
        file.getOptions().getDeprecated() || service.getOptions().getDeprecated();
    for (int i = 0; i < service.getMethodCount(); i++) {
      MethodModel method = method(index, i);
      Place place =
          source.place(List.of(SERVICE, index, METHOD, i, MethodDescriptorProto.NAME_FIELD_NUMBER));
      names.add(method, place);
      methods.add(method);
      touchesDeprecated |= method.deprecated() || usesDeprecatedMessage(service.getMethod(i));
    }
    return new ServiceModel(
        file.getName(),
        placeOfService(index).toString(),
        file.getPackage(),
        service.getName(),
        JavaType.of(packageName, type),
        JavaType.of(packageName, type + "Async"),
        JavaType.of(packageName, type + "Rpc"),
        fileClass,
        source.comment(List.of(SERVICE, index)),
        file.getOptions().getDeprecated() || service.getOptions().getDeprecated(),
        touchesDeprecated,
        service.getOptions().getExtension(OptionsProto.service),
        methods);
  }

  private MethodModel method(int serviceIndex, int index) {
    ServiceDescriptorProto service = file.getService(serviceIndex);
    MethodDescriptorProto method = service.getMethod(index);
    Shape shape = Shape.of(method.getClientStreaming(), method.getServerStreaming());
    IdempotencyLevel idempotency = method.getOptions().getIdempotencyLevel();
    Policy policy =
        EffectivePolicy.of(
            service.getOptions().getExtension(OptionsProto.service),
            method.getOptions().getExtension(OptionsProto.method),
            shape == Shape.UNARY,
            idempotency != IdempotencyLevel.IDEMPOTENCY_UNKNOWN);
    return new MethodModel(
        method.getName(),
        Identifiers.methodName(method.getName()),
        constant(method.getName()),
        shape,
        ProtocNames.message(schema.message(method.getInputType())),
        ProtocNames.message(schema.message(method.getOutputType())),
        source.comment(List.of(SERVICE, serviceIndex, METHOD, index)),
        method.getOptions().getDeprecated(),
        idempotency,
        policy,
        List.of());
  }

  private static String constant(String rpc) {
    String name = Identifiers.constantName(rpc);
    return name.equals("SERVICE_NAME") ? name + "_" : name;
  }

  private boolean usesDeprecatedMessage(MethodDescriptorProto method) {
    return isDeprecated(schema.message(method.getInputType()))
        || isDeprecated(schema.message(method.getOutputType()));
  }

  private static boolean isDeprecated(Descriptor message) {
    for (Descriptor at = message; at != null; at = at.getContainingType()) {
      if (at.getOptions().getDeprecated()) {
        return true;
      }
    }
    return message.getFile().getOptions().getDeprecated();
  }

  private void checkPackage(String packageName, Place place, String what) {
    String bad = Identifiers.badPackageSegment(packageName);
    if (!bad.isEmpty()) {
      problems.add(
          place,
          "%s: Java cannot spell the package %s, because of \"%s\"; set option java_package in %s"
              .formatted(what, packageName, bad, file.getName()));
    }
  }
}
