package io.fairlead.scaling;

import java.util.Objects;

/**
 * How many instances a service is to have, and the reason.
 *
 * @param want instances that take calls or are starting
 * @param kind the reason for programs
 * @param why the reason in words, with its figures
 */
public record ScalingDecision(int want, Kind kind, String why) {
  public ScalingDecision {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(why, "why");
  }

  /** What led to a decision. */
  public enum Kind {
    /** There are too few. */
    UP,
    /** There are too many, and have been for long enough. */
    DOWN,
    /** There are enough, and it is not time to shrink. */
    KEPT,
    /** More load does not ask for more instances: retries, or a bottleneck elsewhere. */
    HELD,
    /** Too little is known of the load. */
    FROZEN,
    /** More are needed than the maximum. */
    SATURATED;

    /** Returns whether such a decision asks for what runs, and for nothing else. */
    boolean changesNothing() {
      return this == KEPT || this == HELD || this == FROZEN;
    }
  }

  /** A decision of a rule that tells no more than the number: its kind is that of the change. */
  static ScalingDecision of(int running, int want, String why) {
    return new ScalingDecision(
        want, want > running ? Kind.UP : want < running ? Kind.DOWN : Kind.KEPT, why);
  }
}
