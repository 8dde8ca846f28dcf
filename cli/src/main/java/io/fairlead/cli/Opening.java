package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Opens things that are used together: all of them, or none. */
final class Opening {
  private Opening() {}

  /** Opens each; if one fails, those before it are closed. The caller closes what it gets. */
  static <S, T extends AutoCloseable> List<T> all(Iterable<S> sources, Function<S, T> open) {
    List<T> opened = new ArrayList<>();
    try {
      for (S source : sources) {
        opened.add(open.apply(source));
      }
      return opened;
    } catch (RuntimeException | Error failure) {
      closeAll(opened, failure);
      throw failure;
    }
  }

  private static void closeAll(List<? extends AutoCloseable> opened, Throwable failure) {
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
  }
}
