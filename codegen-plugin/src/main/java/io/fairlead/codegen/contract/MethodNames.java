package io.fairlead.codegen.contract;

import io.fairlead.codegen.model.MethodModel;
import java.util.HashMap;
import java.util.Map;

/** Refuses two RPCs of a service that come out under one Java name. */
final class MethodNames {
  private final String service;
  private final Diagnostics diagnostics;
  private final Map<String, String> methods = new HashMap<>();
  private final Map<String, String> constants = new HashMap<>();

  MethodNames(String service, Diagnostics diagnostics) {
    this.service = service;
    this.diagnostics = diagnostics;
  }

  void add(MethodModel method, SourceLocation location) {
    String sameMethod = methods.putIfAbsent(method.javaName(), method.name());
    String sameConstant = constants.putIfAbsent(method.constant(), method.name());
    if (sameMethod != null) {
      refuse(location, sameMethod, method, "method " + method.javaName());
    } else if (sameConstant != null) {
      refuse(location, sameConstant, method, "constant " + method.constant());
    }
  }

  private void refuse(SourceLocation location, String first, MethodModel second, String what) {
    diagnostics.addForJava(
        location,
        "rpc %s and rpc %s of service %s both become the Java %s; rename one"
            .formatted(first, second.name(), service, what));
  }
}
