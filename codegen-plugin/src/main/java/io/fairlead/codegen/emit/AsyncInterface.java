package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import java.util.List;

/** The interface that callers and handlers share where nothing may block. */
final class AsyncInterface {
  private AsyncInterface() {}

  static void write(JavaFile file, ServiceModel service) {
    TypePreamble.write(
        file,
        service,
        List.of(
            "The same contract as {@link " + file.name(service.blocking()) + "}, without blocking:",
            "implementations run on event loops."));
    file.open("public interface " + service.async().path());
    boolean first = true;
    for (MethodModel method : service.methods()) {
      if (!first) {
        file.blank();
      }
      first = false;
      InterfaceMethod.head(file, method);
      file.method(
          "default " + response(file, method) + " " + method.javaName(),
          List.of(request(file, method)));
      String answer =
          method.shape().streamsResponses() ? "unimplementedPublisher" : "unimplementedAsync";
      file.line(
          "return "
              + file.name(service.rpc())
              + "."
              + method.constant()
              + "."
              + answer
              + "(this);");
      file.close();
    }
    file.close();
  }

  static String response(JavaFile file, MethodModel method) {
    return file.name(
        method.shape().streamsResponses() ? RuntimeTypes.PUBLISHER : RuntimeTypes.COMPLETION_STAGE,
        method.response());
  }

  static String request(JavaFile file, MethodModel method) {
    String type =
        method.shape().streamsRequests()
            ? file.name(RuntimeTypes.PUBLISHER, method.request())
            : file.name(method.request());
    return type + " " + InterfaceMethod.parameter(file, method);
  }
}
