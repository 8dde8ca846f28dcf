package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.ServiceModel;
import java.util.ArrayList;
import java.util.List;

/** What stands above each of the three types. */
final class TypePreamble {
  private TypePreamble() {}

  static void write(JavaFile file, ServiceModel service, List<String> role) {
    List<String> doc = new ArrayList<>(Javadoc.lines(service.comment()));
    if (doc.isEmpty()) {
      doc.add("The service {@code " + service.fullName() + "}.");
    }
    doc.add("");
    doc.add("<p>" + role.get(0));
    doc.addAll(role.subList(1, role.size()));
    file.javadoc(doc);
    file.line("@" + file.name(RuntimeTypes.NULL_MARKED));
    file.line("@" + file.name(RuntimeTypes.FAIRLEAD_GENERATED));
    file.line("@" + file.name(RuntimeTypes.GENERATED) + "(\"protoc-gen-fairlead\")");
    if (service.deprecated()) {
      file.line("@" + file.name(RuntimeTypes.DEPRECATED));
    }
    if (service.touchesDeprecated()) {
      file.line("@" + file.name(RuntimeTypes.SUPPRESS_WARNINGS) + "(\"deprecation\")");
    }
  }
}
