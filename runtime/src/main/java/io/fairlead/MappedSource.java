package io.fairlead;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A source with a function on each message. It cannot be polled even if its origin can: the
 * function is the application's and may block.
 */
final class MappedSource<T, U> extends Source<U> {
  private final Source<T> origin;
  private final Function<? super T, ? extends U> function;

  MappedSource(Source<T> origin, Function<? super T, ? extends U> function) {
    this.origin = origin;
    this.function = function;
  }

  @Override
  public @Nullable U read() {
    T message = origin.read();
    return message == null ? null : mapped(message);
  }

  @Override
  public void transferTo(Out<? super U> out) throws Exception {
    origin.transferTo(message -> out.send(mapped(message)));
  }

  private U mapped(T message) {
    U result = function.apply(message);
    if (result == null) {
      throw new NullPointerException("map() gave null in " + this);
    }
    return result;
  }

  @Override
  public void close() {
    origin.close();
  }

  @Override
  public String toString() {
    return origin + ".map(" + function.getClass().getName() + ")";
  }
}
