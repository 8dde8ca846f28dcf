package io.fairlead.codegen;

import io.fairlead.codegen.contract.Suggestion;
import io.fairlead.codegen.names.Identifiers;
import io.fairlead.codegen.names.JavaNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the user asked for with {@code --fairlead_opt}.
 *
 * @param java whether to write Java
 * @param serviceConfig whether to write the service config of each service for clients in other
 *     languages
 * @param names the Java names of services
 */
record Parameters(boolean java, boolean serviceConfig, JavaNames names) {
  private static final List<String> KNOWN =
      List.of("java", "java_name", "java_suffix", "service_config");

  /** Reads {@code name=value} pairs with commas between them. */
  static Parameters parse(String text) {
    boolean java = true;
    boolean serviceConfig = true;
    String suffix = "";
    Map<String, String> names = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      String pair = part.strip();
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      switch (name) {
        case "java" -> java = parseBoolean(pair, name, value);
        case "service_config" -> serviceConfig = parseBoolean(pair, name, value);
        case "java_suffix" -> suffix = checkedSuffix(value);
        case "java_name" -> putName(names, value);
        default ->
            throw new IllegalArgumentException(
                "unknown parameter \"%s\"; %sthere are: %s"
                    .formatted(name, Suggestion.didYouMean(name, KNOWN), String.join(", ", KNOWN)));
      }
    }
    return new Parameters(java, serviceConfig, new JavaNames(suffix, names));
  }

  /** A parameter without a value means true. */
  private static boolean parseBoolean(String pair, String name, String value) {
    if (!pair.equals(name) && !value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(
          "parameter %s: write %s=true or %s=false".formatted(pair, name, name));
    }
    return !value.equals("false");
  }

  private static String checkedSuffix(String suffix) {
    if (!Identifiers.isTypeName("X" + suffix)) {
      throw new IllegalArgumentException(
          "parameter java_suffix=%s: write letters and digits that may follow a Java name, like java_suffix=Service"
              .formatted(suffix));
    }
    return suffix;
  }

  private static void putName(Map<String, String> names, String value) {
    int equals = value.indexOf('=');
    String service = value.substring(0, Math.max(equals, 0));
    String name = value.substring(equals + 1);
    if (service.isEmpty() || !Identifiers.isTypeName(name)) {
      throw new IllegalArgumentException(
          "parameter java_name=%s: write a service and the name of its Java type, like java_name=shop.v1.Points=PointsService"
              .formatted(value));
    }
    String before = names.putIfAbsent(service, name);
    if (before != null && !before.equals(name)) {
      throw new IllegalArgumentException(
          "parameter java_name gives the service %s two names, %s and %s; keep one"
              .formatted(service, before, name));
    }
  }
}
