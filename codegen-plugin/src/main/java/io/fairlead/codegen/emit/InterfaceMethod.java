package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.MethodModel;
import java.util.List;

/** What the methods of both interfaces have in common. */
final class InterfaceMethod {
  private InterfaceMethod() {}

  static void head(JavaFile file, MethodModel method) {
    List<String> doc = Javadoc.lines(method.comment());
    if (!doc.isEmpty()) {
      file.javadoc(doc);
    }
    if (method.deprecated()) {
      file.line("@" + file.name(RuntimeTypes.DEPRECATED));
    }
  }

  static String parameter(JavaFile file, MethodModel method) {
    return file.variable(method.shape().streamsRequests() ? "requests" : "request");
  }
}
