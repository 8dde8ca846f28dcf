package io.fairlead;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A source whose reads fail, each with the same exception. */
final class FailedSource<T> extends PollableSource<T> {
  private final RuntimeException failure;

  FailedSource(RuntimeException failure) {
    this.failure = Objects.requireNonNull(failure, "failure");
  }

  @Override
  public @Nullable T read() {
    throw failure;
  }

  @Override
  public @Nullable T poll() {
    throw failure;
  }

  @Override
  public boolean isDone() {
    return false;
  }

  @Override
  public void onReadable(Runnable wake) {}

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "Source.failed(" + failure + ")";
  }
}
