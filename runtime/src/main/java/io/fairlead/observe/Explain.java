package io.fairlead.observe;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The story of one call, as the caller's side knows it. It rides on the failure's causes. */
public interface Explain {

  /** Whether the failure arose on this side, rather than being an answer of the other. */
  boolean local();

  /** The story, for people: several lines, without a line end after the last. */
  String text();

  /** A throwable that carries a story. */
  interface Carrier {
    Explain explain();
  }

  /** The story behind a failure, of ours or of a stock stub, if there is one. */
  static Optional<Explain> of(Throwable failure) {
    @Nullable Throwable cause = failure;
    // A chain of causes can be a ring; none worth reading is this long.
    for (int depth = 0; cause != null && depth < 32; depth++, cause = cause.getCause()) {
      if (cause instanceof Carrier carrier) {
        return Optional.of(carrier.explain());
      }
    }
    return Optional.empty();
  }
}
