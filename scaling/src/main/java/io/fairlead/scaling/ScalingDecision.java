package io.fairlead.scaling;

import java.util.Objects;

/**
 * How many instances a service is to have, and the reason in words.
 *
 * @param want instances that take calls or are starting
 * @param why what led there, with its figures
 */
public record ScalingDecision(int want, String why) {
  public ScalingDecision {
    Objects.requireNonNull(why, "why");
  }
}
