package io.fairlead.scaling;

import java.util.Map;
import java.util.Objects;

/**
 * One number of a {@link Scaler}, under a name and with labels as metrics libraries want them.
 *
 * @param name like {@code fairlead.scaling.want}
 * @param labels like {@code service=inventory}
 * @param counter whether it only grows while the scaler lives
 */
public record ScalingGauge(String name, Map<String, String> labels, double value, boolean counter) {
  public ScalingGauge {
    Objects.requireNonNull(name, "name");
    labels = Map.copyOf(labels);
  }
}
