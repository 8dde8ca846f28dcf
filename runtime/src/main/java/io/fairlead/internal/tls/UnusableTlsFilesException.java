package io.fairlead.internal.tls;

import org.jspecify.annotations.Nullable;

/** Files that cannot be used for TLS; the message names the file and the way out. */
final class UnusableTlsFilesException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  UnusableTlsFilesException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
