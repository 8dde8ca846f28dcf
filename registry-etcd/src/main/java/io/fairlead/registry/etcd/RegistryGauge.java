package io.fairlead.registry.etcd;

import java.util.Map;
import java.util.Objects;

/**
 * One number of a {@link RegistryHealth}, under a name and with labels as metrics libraries want
 * them.
 *
 * @param name like {@code fairlead.registry.watch.age.seconds}
 * @param labels like {@code service=inventory}; few and bounded by what this process does
 * @param counter whether it only grows while the registry lives
 */
public record RegistryGauge(
    String name, Map<String, String> labels, double value, boolean counter) {
  public RegistryGauge {
    Objects.requireNonNull(name, "name");
    labels = Map.copyOf(labels);
  }
}
