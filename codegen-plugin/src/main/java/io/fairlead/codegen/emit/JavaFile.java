package io.fairlead.codegen.emit;

import io.fairlead.codegen.names.JavaType;
import java.util.List;

/** The text of one Java file while it is written: indentation, line width, and names of types. */
final class JavaFile {
  private static final int WIDTH = 100;

  private final Imports imports;
  private final StringBuilder text = new StringBuilder();
  private int indent;

  JavaFile(Imports imports) {
    this.imports = imports;
  }

  String name(JavaType type) {
    return imports.name(type);
  }

  String name(JavaType type, JavaType argument) {
    return name(type) + "<" + name(argument) + ">";
  }

  /** A variable, under another name where a package that the file spells out has this one. */
  String variable(String wanted) {
    return imports.spelledPackages().contains(wanted) ? wanted + "_" : wanted;
  }

  JavaFile line(String line) {
    if (!line.isEmpty()) {
      text.append(" ".repeat(indent)).append(line);
    }
    text.append('\n');
    return this;
  }

  JavaFile blank() {
    return line("");
  }

  /** Opens a block; {@code header} comes without its brace. */
  JavaFile open(String header) {
    line(header + " {");
    indent += 2;
    return this;
  }

  JavaFile close() {
    indent -= 2;
    return line("}");
  }

  void javadoc(List<String> lines) {
    if (lines.size() == 1 && fits("/** " + lines.get(0) + " */")) {
      line("/** " + lines.get(0) + " */");
      return;
    }
    line("/**");
    for (String each : lines) {
      line(each.isEmpty() ? " *" : " * " + each);
    }
    line(" */");
  }

  /** {@code before(arguments)after}, on one line where it fits, else with the arguments below. */
  JavaFile call(String before, List<String> arguments, String after) {
    return call(before, arguments, after, 4);
  }

  /** The same, where further calls follow below, indented by less. */
  JavaFile callInChain(String before, List<String> arguments) {
    return call(before, arguments, "", 8);
  }

  private JavaFile call(String before, List<String> arguments, String after, int deeper) {
    String list = String.join(", ", arguments) + ")" + after;
    if (fits(before + "(" + list)) {
      return line(before + "(" + list);
    }
    line(before + "(");
    indent += deeper;
    if (fits(list)) {
      line(list);
    } else {
      for (int i = 0; i < arguments.size(); i++) {
        line(arguments.get(i) + (i + 1 < arguments.size() ? "," : ")" + after));
      }
    }
    indent -= deeper;
    return this;
  }

  /** A method's header and its opening brace. */
  JavaFile method(String before, List<String> parameters) {
    call(before, parameters, " {");
    indent += 2;
    return this;
  }

  /** Lines that continue the one before. */
  JavaFile continued(Runnable lines) {
    indent += 4;
    lines.run();
    indent -= 4;
    return this;
  }

  boolean fits(String line) {
    return indent + line.length() <= WIDTH;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
