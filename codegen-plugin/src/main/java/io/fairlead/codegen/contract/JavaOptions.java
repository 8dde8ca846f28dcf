package io.fairlead.codegen.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileOptions;
import java.util.List;

/** The options of a file that decide over Java names: where they stand, and how to change them. */
final class JavaOptions {
  private JavaOptions() {}

  /** What to do about the Java package of a file. */
  static String packageAdvice(FileDescriptorProto file) {
    return advice(
        file,
        "java_package",
        file.getOptions().hasJavaPackage(),
        FileOptions.JAVA_PACKAGE_FIELD_NUMBER);
  }

  /** What to do about the name of a file's Java class. */
  static String fileClassAdvice(FileDescriptorProto file) {
    return advice(
        file,
        "java_outer_classname",
        file.getOptions().hasJavaOuterClassname(),
        FileOptions.JAVA_OUTER_CLASSNAME_FIELD_NUMBER);
  }

  /** What to do about the classes that protoc writes for services. */
  static String genericServicesAdvice(FileDescriptorProto file) {
    return "remove option java_generic_services at "
        + place(file, FileOptions.JAVA_GENERIC_SERVICES_FIELD_NUMBER);
  }

  /** Where the Java package is set, or the given place if it is not. */
  static SourceLocation packagePlace(FileDescriptorProto file, SourceLocation otherwise) {
    return file.getOptions().hasJavaPackage()
        ? place(file, FileOptions.JAVA_PACKAGE_FIELD_NUMBER)
        : otherwise;
  }

  private static String advice(
      FileDescriptorProto file, String option, boolean isSet, int fieldNumber) {
    return isSet
        ? "change option " + option + " at " + place(file, fieldNumber)
        : "set option " + option + " in " + file.getName();
  }

  private static SourceLocation place(FileDescriptorProto file, int fieldNumber) {
    return new SourceMap(file)
        .location(List.of(FileDescriptorProto.OPTIONS_FIELD_NUMBER, fieldNumber));
  }
}
