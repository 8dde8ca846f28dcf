package io.fairlead.samples.policies;

import io.grpc.Status;

/** Fails one call in so many. */
final class Flaky extends Counted {
  private final int every;

  Flaky(int every) {
    this.every = every;
  }

  @Override
  void meet(int number) {
    if (number % every == 0) {
      throw Status.UNAVAILABLE.withDescription("going down").asRuntimeException();
    }
  }
}
