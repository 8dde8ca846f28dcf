package io.fairlead;

import org.jspecify.annotations.Nullable;

/** Runs a function that sends; its body follows. */
final class GeneratorSource<T> implements Source<T> {
  private final Generator<T> generator;

  GeneratorSource(Generator<T> generator) {
    this.generator = generator;
  }

  @Override
  public @Nullable T read() {
    throw new UnsupportedOperationException("not yet: " + generator);
  }

  @Override
  public void close() {}
}
