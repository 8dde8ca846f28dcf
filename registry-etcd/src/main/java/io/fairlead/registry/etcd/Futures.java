package io.fairlead.registry.etcd;

import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Goes on when a future is done, and lets no exception of what follows disappear in a future. */
final class Futures {
  private Futures() {}

  static <T> void whenComplete(
      EventLoop eventLoop,
      CompletableFuture<T> future,
      BiConsumer<? super T, ? super @Nullable Throwable> next) {
    CompletableFuture<T> unused =
        future.whenComplete(
            (value, thrown) -> {
              try {
                next.accept(value, thrown);
              } catch (RuntimeException | Error e) {
                eventLoop.execute(
                    () -> {
                      throw e;
                    });
              }
            });
  }
}
