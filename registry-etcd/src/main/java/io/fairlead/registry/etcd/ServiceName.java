package io.fairlead.registry.etcd;

/** Checks names of services: they are parts of keys. */
final class ServiceName {
  private ServiceName() {}

  static String checked(String service) {
    boolean bad =
        service.isBlank()
            || service.startsWith("/")
            || service.endsWith("/")
            || service.chars().anyMatch(Character::isISOControl);
    if (bad) {
      throw new IllegalArgumentException(
          "service name \"" + service + "\" is blank, or begins or ends with a slash");
    }
    return service;
  }
}
