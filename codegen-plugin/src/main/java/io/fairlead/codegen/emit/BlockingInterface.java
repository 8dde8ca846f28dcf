package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaType;
import java.util.List;

/** The interface that callers and handlers share where blocking is fine. */
final class BlockingInterface {
  private BlockingInterface() {}

  static void write(JavaFile file, ServiceModel service) {
    TypePreamble.write(
        file,
        service,
        List.of(
            "Implement it to serve the contract; call it to use it. A fake is an implementation"
                + " too: a",
            "method that it leaves out answers UNIMPLEMENTED."));
    file.open("public interface " + service.blocking().path());
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
      file.line(
          "throw " + file.name(service.rpc()) + "." + method.constant() + ".unimplemented(this);");
      file.close();
    }
    file.close();
  }

  static String response(JavaFile file, MethodModel method) {
    return typeOf(file, method.response(), method.shape().streamsResponses());
  }

  static String request(JavaFile file, MethodModel method) {
    boolean streams = method.shape().streamsRequests();
    return typeOf(file, method.request(), streams) + " " + InterfaceMethod.parameter(file, method);
  }

  private static String typeOf(JavaFile file, JavaType message, boolean streams) {
    return streams ? file.name(RuntimeTypes.SOURCE, message) : file.name(message);
  }
}
