package io.fairlead.codegen.emit;

import java.util.ArrayList;
import java.util.List;

/**
 * A call in a chain, {@code .name(argument)}; the argument is text, or a receiver with a chain of
 * its own.
 *
 * @param after what follows the closing parenthesis
 */
record MethodChain(String name, String receiver, List<MethodChain> links, String after) {

  static MethodChain link(String name, String argument) {
    return new MethodChain(name, argument, List.of(), "");
  }

  static MethodChain link(String name, Value value) {
    return new MethodChain(name, value.receiver(), value.links(), "");
  }

  /** The same call with text after it. */
  MethodChain end(String text) {
    return new MethodChain(name, receiver, links, after + text);
  }

  /** On one line if it fits, else with each call of the argument on its own line. */
  void write(JavaFile file) {
    write(file, "");
  }

  private void write(JavaFile file, String rest) {
    String flat = flat() + rest;
    if (links.isEmpty() || file.fits(flat)) {
      file.line(flat);
      return;
    }
    file.line("." + name + "(");
    file.continued(
        () -> {
          file.line(receiver);
          file.continued(
              () -> {
                for (int i = 0; i < links.size(); i++) {
                  boolean last = i + 1 == links.size();
                  links.get(i).write(file, last ? ")" + after + rest : "");
                }
              });
        });
  }

  private String flat() {
    StringBuilder flat = new StringBuilder("." + name + "(" + receiver);
    links.forEach(link -> flat.append(link.flat()));
    return flat.append(")").append(after).toString();
  }

  /** A value that a builder makes. */
  record Value(String receiver, List<MethodChain> links) {
    /** {@code Type.builder()}, the setters, {@code build()}. */
    static Value built(String type, List<MethodChain> setters) {
      List<MethodChain> links = new ArrayList<>(setters);
      links.add(link("build", ""));
      return new Value(type + ".builder()", links);
    }
  }
}
