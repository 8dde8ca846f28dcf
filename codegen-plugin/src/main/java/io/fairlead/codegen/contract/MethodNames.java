package io.fairlead.codegen.contract;

import io.fairlead.codegen.model.MethodModel;
import java.util.HashMap;
import java.util.Map;

/** Refuses two RPCs of a service that come out under one Java name. */
final class MethodNames {
  private final String service;
  private final Problems problems;
  private final Map<String, String> methods = new HashMap<>();
  private final Map<String, String> constants = new HashMap<>();

  MethodNames(String service, Problems problems) {
    this.service = service;
    this.problems = problems;
  }

  void add(MethodModel method, Place place) {
    String sameMethod = methods.putIfAbsent(method.javaName(), method.name());
    String sameConstant = constants.putIfAbsent(method.constant(), method.name());
    if (sameMethod != null) {
      refuse(place, sameMethod, method, "method " + method.javaName());
    } else if (sameConstant != null) {
      refuse(place, sameConstant, method, "constant " + method.constant());
    }
  }

  private void refuse(Place place, String first, MethodModel second, String what) {
    problems.add(
        place,
        "rpc %s and rpc %s of service %s both become the Java %s; rename one"
            .formatted(first, second.name(), service, what));
  }
}
