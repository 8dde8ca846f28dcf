package io.fairlead.codegen.names;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.GeneratorNames;
import io.fairlead.codegen.names.Origin.Kind;
import java.util.LinkedHashMap;
import java.util.Map;

/** The names that protoc's Java generator gives to what it writes. */
public final class ProtocNames {
  private ProtocNames() {}

  /** The class of a message. */
  public static JavaType message(Descriptor message) {
    String packageName = GeneratorNames.getFileJavaPackage(message.getFile());
    String qualified = GeneratorNames.getQualifiedClassName(message);
    String inPackage =
        packageName.isEmpty() ? qualified : qualified.substring(packageName.length() + 1);
    // An import through the default package or through a deprecated class would not compile
    // cleanly.
    boolean importable = !packageName.isEmpty() && !message.getFile().getOptions().getDeprecated();
    if (!importable || !GeneratorNames.getNestInFileClass(outermost(message))) {
      return JavaType.of(packageName, inPackage);
    }
    int dot = inPackage.indexOf('.');
    return new JavaType(packageName, inPackage.substring(0, dot), inPackage.substring(dot + 1));
  }

  /** The class of a file, which knows its descriptor. */
  public static JavaType fileClass(FileDescriptor file) {
    return JavaType.of(
        GeneratorNames.getFileJavaPackage(file), GeneratorNames.getFileClassName(file));
  }

  /** The top-level types that protoc writes for a file, each with its origin. */
  public static Map<String, Origin> topLevelTypes(FileDescriptor file) {
    Map<String, Origin> types = new LinkedHashMap<>();
    types.put(
        fileClass(file).path(),
        new Origin(Kind.FILE_CLASS, "the Java class of " + file.getName(), file.getName()));
    for (Descriptor message : file.getMessageTypes()) {
      if (!GeneratorNames.getNestInFileClass(message)) {
        String what = "the message " + message.getFullName();
        types.put(message.getName(), new Origin(Kind.NAME, what, file.getName()));
        types.put(
            message.getName() + "OrBuilder",
            new Origin(Kind.NAME, "the builder interface of " + what, file.getName()));
      }
    }
    for (EnumDescriptor type : file.getEnumTypes()) {
      if (!GeneratorNames.getNestInFileClass(type)) {
        types.put(
            type.getName(),
            new Origin(Kind.NAME, "the enum " + type.getFullName(), file.getName()));
      }
    }
    if (file.getOptions().getJavaGenericServices() && file.getOptions().getJavaMultipleFiles()) {
      for (ServiceDescriptor service : file.getServices()) {
        types.put(
            service.getName(),
            new Origin(
                Kind.GENERIC_SERVICE,
                "the class that java_generic_services writes for " + service.getFullName(),
                file.getName()));
      }
    }
    return types;
  }

  private static Descriptor outermost(Descriptor message) {
    Descriptor outer = message;
    while (outer.getContainingType() != null) {
      outer = outer.getContainingType();
    }
    return outer;
  }
}
