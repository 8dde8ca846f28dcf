package io.fairlead.codegen.emit;

import static io.fairlead.codegen.emit.RuntimeTypes.SERVICE_BINDING;
import static io.fairlead.codegen.emit.RuntimeTypes.SERVICE_CONTRACT;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The contracts of a service's methods, and what lists all of them.
 *
 * <p>The compiler allows 64 KB for one method, static initialisers included, and 65,535 constants
 * for one class. A large service is therefore cut into nested classes, from which the constants are
 * taken over.
 */
final class ConstantPartitions {
  private static final int LARGEST = 100;

  private final ServiceModel service;
  private final List<List<MethodModel>> parts;
  private final String prefix;

  ConstantPartitions(ServiceModel service, Set<String> taken) {
    this.service = service;
    this.parts = cut(service.methods());
    String free = "Part";
    while (startsOneOf(taken, free)) {
      free += "_";
    }
    this.prefix = free;
  }

  private static boolean startsOneOf(Set<String> names, String prefix) {
    return names.stream().anyMatch(name -> name.startsWith(prefix));
  }

  private static List<List<MethodModel>> cut(List<MethodModel> methods) {
    if (methods.size() <= LARGEST) {
      return List.of();
    }
    List<List<MethodModel>> parts = new ArrayList<>();
    for (int begin = 0; begin < methods.size(); begin += LARGEST) {
      parts.add(methods.subList(begin, Math.min(methods.size(), begin + LARGEST)));
    }
    return parts;
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      names.add(name(i));
    }
    return names;
  }

  private String name(int part) {
    return prefix + (part + 1);
  }

  void writeConstants(JavaFile file) {
    if (parts.isEmpty()) {
      for (MethodModel method : service.methods()) {
        file.blank();
        MethodConstant.write(file, service, method, "public ");
      }
      return;
    }
    for (int i = 0; i < parts.size(); i++) {
      for (MethodModel method : parts.get(i)) {
        file.blank();
        file.javadoc(MethodConstant.doc(file, service, method));
        MethodConstant.head(file, method, "public ");
        String from = name(i);
        file.continued(() -> file.line(from + "." + method.constant() + ";"));
      }
    }
  }

  void writeService(JavaFile file) {
    List<String> arguments = new ArrayList<>();
    arguments.add(RpcClass.SERVICE_NAME);
    arguments.add(file.name(service.fileClass()) + "::getDescriptor");
    service.methods().forEach(method -> arguments.add(method.constant()));
    file.blank();
    file.line("/** The service with all of its methods. */");
    file.open("public static " + file.name(SERVICE_CONTRACT) + " service()");
    file.call("return " + file.name(SERVICE_CONTRACT) + ".of", arguments, ";");
    file.close();
  }

  /** The body of a method that binds a handler. */
  void writeBinding(JavaFile file, JavaType type, String mode, String handler) {
    String begin = file.name(SERVICE_BINDING) + "." + mode + "(service(), " + handler + ")";
    if (parts.isEmpty()) {
      file.line("return " + begin);
      file.continued(
          () -> {
            bindings(file, type, service.methods());
            file.line(".build();");
          });
      return;
    }
    String binding = file.variable("binding");
    file.line(bindingType(file, type, mode) + " " + binding + " =");
    file.continued(() -> file.line(begin + ";"));
    names().forEach(part -> file.line(part + "." + mode + "(" + binding + ");"));
    file.line("return " + binding + ".build();");
  }

  void writeClasses(JavaFile file) {
    for (int i = 0; i < parts.size(); i++) {
      file.blank();
      file.open("private static final class " + name(i));
      for (MethodModel method : parts.get(i)) {
        MethodConstant.write(file, service, method, "");
        file.blank();
      }
      file.line("private " + name(i) + "() {}");
      writePartBinding(file, service.blocking(), "blocking", parts.get(i));
      writePartBinding(file, service.async(), "async", parts.get(i));
      file.close();
    }
  }

  private static void writePartBinding(
      JavaFile file, JavaType type, String mode, List<MethodModel> methods) {
    String binding = file.variable("binding");
    file.blank();
    file.method("static void " + mode, List.of(bindingType(file, type, mode) + " " + binding));
    file.line(binding);
    file.continued(
        () -> {
          bindings(file, type, methods.subList(0, methods.size() - 1));
          file.line(binding(file, type, methods.get(methods.size() - 1)) + ";");
        });
    file.close();
  }

  private static void bindings(JavaFile file, JavaType type, List<MethodModel> methods) {
    methods.forEach(method -> file.line(binding(file, type, method)));
  }

  private static String binding(JavaFile file, JavaType type, MethodModel method) {
    return ".%s(%s, %s::%s)"
        .formatted(method.shape().factory(), method.constant(), file.name(type), method.javaName());
  }

  private static String bindingType(JavaFile file, JavaType type, String mode) {
    String form = mode.equals("blocking") ? "Blocking" : "Async";
    return file.name(SERVICE_BINDING) + "." + form + "<" + file.name(type) + ">";
  }
}
