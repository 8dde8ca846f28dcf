package io.fairlead.bench;

import org.jspecify.annotations.Nullable;

/** Hears how an asynchronous call ended. */
@FunctionalInterface
public interface Completion {
  /** Called once; {@code failure} is null for a good answer. */
  void ended(@Nullable Throwable failure);
}
