package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaType;
import java.util.List;

/** The small private class behind a client factory. */
record ClientClass(ServiceModel service, String name, boolean blocking) {

  static ClientClass blocking(ServiceModel service, String name) {
    return new ClientClass(service, name, true);
  }

  static ClientClass async(ServiceModel service, String name) {
    return new ClientClass(service, name, false);
  }

  void write(JavaFile file) {
    JavaType calls = blocking ? RuntimeTypes.CLIENT_CALLS : RuntimeTypes.ASYNC_CLIENT_CALLS;
    JavaType type = blocking ? service.blocking() : service.async();
    String field = file.variable("calls");
    file.blank();
    file.open(
        "private record %s(%s %s) implements %s"
            .formatted(name, file.name(calls), field, file.name(type)));
    boolean first = true;
    for (MethodModel method : service.methods()) {
      if (!first) {
        file.blank();
      }
      first = false;
      file.line("@" + file.name(RuntimeTypes.OVERRIDE));
      file.method(
          "public " + response(file, method) + " " + method.javaName(), parameters(file, method));
      file.call(
          "return " + field + "." + method.shape().factory(),
          List.of(method.constant(), InterfaceMethod.parameter(file, method)),
          ";");
      file.close();
    }
    file.close();
  }

  private String response(JavaFile file, MethodModel method) {
    return blocking
        ? BlockingInterface.response(file, method)
        : AsyncInterface.response(file, method);
  }

  private List<String> parameters(JavaFile file, MethodModel method) {
    return List.of(
        blocking ? BlockingInterface.request(file, method) : AsyncInterface.request(file, method));
  }
}
