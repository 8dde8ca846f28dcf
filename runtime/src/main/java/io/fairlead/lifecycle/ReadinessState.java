package io.fairlead.lifecycle;

import java.time.Instant;
import java.util.Objects;
import java.util.Set;

/**
 * What a readiness check said last.
 *
 * @param services full names of the services that need it; empty is the whole server
 * @param detail why it is not ready, in words
 * @param since when it began to say so
 */
public record ReadinessState(
    String name, Set<String> services, boolean ready, String detail, Instant since) {
  public ReadinessState {
    Objects.requireNonNull(name, "name");
    services = Set.copyOf(services);
    Objects.requireNonNull(detail, "detail");
    Objects.requireNonNull(since, "since");
  }

  @Override
  public String toString() {
    return "check \"" + name + "\" " + detail;
  }
}
