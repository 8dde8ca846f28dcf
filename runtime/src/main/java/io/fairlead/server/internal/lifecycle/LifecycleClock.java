package io.fairlead.server.internal.lifecycle;

import java.time.Duration;
import java.time.Instant;

/** The time that a server's life is measured in; tests bring their own. */
interface LifecycleClock {
  Instant now();

  /** Returns a time in nanoseconds, for measurements only. */
  long nanoTime();

  /** Lets the time pass, or returns early when interrupted. */
  void sleep(Duration time);

  LifecycleClock SYSTEM =
      new LifecycleClock() {
        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void sleep(Duration time) {
          try {
            Thread.sleep(time.toMillis());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      };
}
