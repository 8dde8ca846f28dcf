package io.fairlead.security.jwt;

import java.util.Map;
import java.util.Objects;

/**
 * One number of a {@link KeyStatus}, under a name and with labels as metrics libraries want them.
 *
 * @param name like {@code fairlead.token.keys.age.seconds}
 * @param labels {@code issuer}
 */
public record KeyGauge(String name, Map<String, String> labels, double value) {
  public KeyGauge {
    Objects.requireNonNull(name, "name");
    labels = Map.copyOf(labels);
  }
}
