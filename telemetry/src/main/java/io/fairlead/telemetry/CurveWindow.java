package io.fairlead.telemetry;

import java.time.Duration;

/** How far back a curve looks, and in which steps. */
public enum CurveWindow {
  /** The last 60 seconds. */
  MINUTE(1, 60),
  /** The last 60 minutes. */
  HOUR(60, 60),
  /** The last 24 hours. */
  DAY(3_600, 24);

  private final int stepSeconds;
  private final int samples;

  CurveWindow(int stepSeconds, int samples) {
    this.stepSeconds = stepSeconds;
    this.samples = samples;
  }

  /** Returns the time that one sample covers. */
  public Duration step() {
    return Duration.ofSeconds(stepSeconds);
  }

  /** Returns how many samples a curve has. */
  public int samples() {
    return samples;
  }

  /** Returns the number of the step that holds a second since the epoch. */
  long stepOf(long epochSecond) {
    return Math.floorDiv(epochSecond, stepSeconds);
  }

  /** Returns the first second of a step. */
  long secondOf(long step) {
    return step * stepSeconds;
  }
}
