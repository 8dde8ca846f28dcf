package io.fairlead.codegen;

/**
 * What the user asked for with {@code --fairlead_opt}.
 *
 * @param java whether to write Java
 * @param serviceConfig whether to write the service config of each service for clients in other
 *     languages
 */
record Parameters(boolean java, boolean serviceConfig) {

  /** Reads {@code name=value} pairs with commas between them. */
  static Parameters parse(String text) {
    boolean java = true;
    boolean serviceConfig = true;
    for (String part : text.split(",", -1)) {
      String pair = part.strip();
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      boolean value = equals < 0 || parseBoolean(name, pair.substring(equals + 1));
      switch (name) {
        case "java" -> java = value;
        case "service_config" -> serviceConfig = value;
        default ->
            throw new IllegalArgumentException(
                "unknown parameter \"" + name + "\"; there are: java, service_config");
      }
    }
    return new Parameters(java, serviceConfig);
  }

  private static boolean parseBoolean(String name, String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "parameter "
                  + name
                  + "="
                  + value
                  + ": write "
                  + name
                  + "=true or "
                  + name
                  + "=false");
    };
  }
}
