package io.fairlead.samples.policies;

import io.grpc.Status;
import java.util.Set;

/** Answers at once, but for two calls. */
final class Hanging extends Counted {
  private static final Set<Integer> HANGING = Set.of(10, 30);

  @Override
  void meet(int number) {
    if (HANGING.contains(number)) {
      try {
        Thread.sleep(2_000);
      } catch (InterruptedException e) {
        // The caller has its answer from elsewhere.
        throw Status.CANCELLED.asRuntimeException();
      }
    }
  }
}
