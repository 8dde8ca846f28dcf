package io.fairlead.codegen.contract;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceOptions;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import java.util.List;
import java.util.Optional;

/**
 * The options of services and methods that hold a policy.
 *
 * <p>The number of an option does not say whose it is: any contract may give it to an option of its
 * own. An option is ours only if the request defines {@code fairlead.method} or {@code
 * fairlead.service} under that number. The request is therefore parsed without our extensions, and
 * the policies are read from what it leaves unknown.
 */
final class PolicyExtensions {
  static final String SAME_VERSION =
      "use the fairlead/options.proto of the same version as the generator";

  private static final String FILE = "fairlead/options.proto";
  private static final String POLICY = "." + Policy.getDescriptor().getFullName();

  private boolean method;
  private boolean service;

  /** Looks for the definitions; one of ours with another number is a mistake. */
  static PolicyExtensions of(DescriptorPool pool, Diagnostics diagnostics) {
    PolicyExtensions extensions = new PolicyExtensions();
    for (FileDescriptorProto file : pool.files()) {
      if (file.getPackage().equals("fairlead")) {
        for (int i = 0; i < file.getExtensionCount(); i++) {
          extensions.define(file, i, diagnostics);
        }
      }
      // protoc may leave out a file that is imported for its options alone. It has checked the
      // numbers of all imported options against each other.
      if (file.getOptionDependencyList().contains(FILE) && !pool.contains(FILE)) {
        extensions.method = true;
        extensions.service = true;
      }
    }
    return extensions;
  }

  private void define(FileDescriptorProto file, int index, Diagnostics diagnostics) {
    FieldDescriptorProto extension = file.getExtension(index);
    boolean ofMethods = is(extension, "method", MethodOptions.getDescriptor().getFullName());
    boolean ofServices = is(extension, "service", ServiceOptions.getDescriptor().getFullName());
    if (!ofMethods && !ofServices) {
      return;
    }
    int number = ofMethods ? OptionsProto.METHOD_FIELD_NUMBER : OptionsProto.SERVICE_FIELD_NUMBER;
    if (extension.getNumber() != number) {
      List<Integer> path =
          List.of(
              FileDescriptorProto.EXTENSION_FIELD_NUMBER,
              index,
              FieldDescriptorProto.NUMBER_FIELD_NUMBER);
      diagnostics.add(
          new SourceMap(file).location(path),
          "option fairlead.%s has the number %d, and this protoc-gen-fairlead reads it under %d; %s"
              .formatted(extension.getName(), extension.getNumber(), number, SAME_VERSION));
    }
    method |= ofMethods;
    service |= ofServices;
  }

  private static boolean is(FieldDescriptorProto extension, String name, String options) {
    return extension.getName().equals(name)
        && extension.getExtendee().equals("." + options)
        && extension.getTypeName().equals(POLICY);
  }

  /** The policy in those options, the default one if there is none; empty if it is unreadable. */
  Optional<Policy> policy(MethodOptions options) {
    return method ? read(options, OptionsProto.METHOD_FIELD_NUMBER) : none();
  }

  /** The same for a service. */
  Optional<Policy> policy(ServiceOptions options) {
    return service ? read(options, OptionsProto.SERVICE_FIELD_NUMBER) : none();
  }

  private static Optional<Policy> none() {
    return Optional.of(Policy.getDefaultInstance());
  }

  private static Optional<Policy> read(Message options, int number) {
    if (!options.getUnknownFields().hasField(number)) {
      return none();
    }
    UnknownFieldSet.Field field = options.getUnknownFields().getField(number);
    if (!field.getVarintList().isEmpty()
        || !field.getFixed32List().isEmpty()
        || !field.getFixed64List().isEmpty()
        || !field.getGroupList().isEmpty()) {
      return Optional.empty();
    }
    // An option that is set in parts arrives in parts.
    Policy.Builder policy = Policy.newBuilder();
    try {
      for (ByteString part : field.getLengthDelimitedList()) {
        policy.mergeFrom(part);
      }
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
    return Optional.of(policy.build());
  }
}
