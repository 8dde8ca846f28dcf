package io.fairlead.server.internal.lifecycle;

import io.fairlead.lifecycle.ReadinessCheck;
import java.util.Objects;
import java.util.Set;

/**
 * A check with what it decides.
 *
 * @param name for logs and messages
 * @param services full names of the services that need it; empty is the whole server
 */
public record ReadinessCheckConfig(String name, ReadinessCheck check, Set<String> services) {
  public ReadinessCheckConfig {
    Objects.requireNonNull(check, "check");
    services = Set.copyOf(services);
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "a readiness check has a blank name; name what it checks, e.g. \"database\"");
    }
  }
}
