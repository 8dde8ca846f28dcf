package io.fairlead.codegen.emit;

import static io.fairlead.codegen.emit.RuntimeTypes.METHOD_CONTRACT;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.options.Policy;
import java.util.ArrayList;
import java.util.List;

/** The constant that holds the contract of a method. */
final class MethodConstant {
  private MethodConstant() {}

  static List<String> doc(JavaFile file, ServiceModel service, MethodModel method) {
    return List.of(
        "The contract of {@link %s#%s}."
            .formatted(file.name(service.blocking()), method.javaName()));
  }

  /** The declaration up to its equals sign. */
  static void head(JavaFile file, MethodModel method, String visibility) {
    String type =
        "%sstatic final %s<%s, %s>"
            .formatted(
                visibility,
                file.name(METHOD_CONTRACT),
                file.name(method.request()),
                file.name(method.response()));
    String name = method.constant() + " =";
    if (file.fits(type + " " + name)) {
      file.line(type + " " + name);
    } else {
      file.line(type);
      file.continued(() -> file.line(name));
    }
  }

  static void write(JavaFile file, ServiceModel service, MethodModel method, String visibility) {
    if (!visibility.isEmpty()) {
      file.javadoc(doc(file, service, method));
    }
    head(file, method, visibility);
    file.continued(
        () -> {
          file.callInChain(
              file.name(METHOD_CONTRACT) + "." + method.shape().factory(), arguments(file, method));
          file.continued(() -> links(file, service, method).forEach(link -> link.write(file)));
        });
  }

  private static List<String> arguments(JavaFile file, MethodModel method) {
    return List.of(
        RpcClass.SERVICE_NAME,
        JavaText.literal(method.name()),
        file.name(method.request()) + ".getDefaultInstance()",
        file.name(method.response()) + ".getDefaultInstance()");
  }

  private static List<MethodChain> links(JavaFile file, ServiceModel service, MethodModel method) {
    List<MethodChain> links = new ArrayList<>();
    switch (method.idempotency()) {
      case IDEMPOTENT -> links.add(MethodChain.link("idempotent", ""));
      case NO_SIDE_EFFECTS -> links.add(MethodChain.link("noSideEffects", ""));
      case IDEMPOTENCY_UNKNOWN -> {}
    }
    // Bounds of live policies are read from the schema, and only once there is a live policy.
    Policy stated = method.policy().toBuilder().clearHashKey().clearLive().build();
    if (!stated.equals(Policy.getDefaultInstance())) {
      links.add(MethodChain.link("policy", PolicyExpression.policy(file, stated)));
    }
    if (!method.hashKey().isEmpty()) {
      links.add(MethodChain.link("hashKey", hashKey(file, method)));
    }
    links.add(MethodChain.link("schema", file.name(service.fileClass()) + "::getDescriptor"));
    links.add(MethodChain.link("build", "").end(";"));
    return links;
  }

  private static String hashKey(JavaFile file, MethodModel method) {
    List<String> getters = method.hashKey();
    if (getters.size() == 1) {
      return file.name(method.request()) + "::" + getters.get(0);
    }
    String request = file.variable("request");
    return request + " -> " + request + "." + String.join("().", getters) + "()";
  }
}
