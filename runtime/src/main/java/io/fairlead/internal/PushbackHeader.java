package io.fairlead.internal;

import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * The trailer by which a server says when to try again, as gRFC A6 defines it. This is the one
 * place that reads and writes it.
 */
public final class PushbackHeader {
  /** What an overloaded server asks for that does not know how long its calls take. */
  public static final long UNKNOWN_MILLIS = 100;

  private static final Metadata.Key<String> KEY =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private PushbackHeader() {}

  /** Asks for another attempt after this pause; negative asks for none. */
  public static void write(Metadata trailers, long millis) {
    trailers.put(KEY, Long.toString(millis));
  }

  /** Returns what the server sent, or null for nothing. */
  public static @Nullable String read(Metadata trailers) {
    return trailers.get(KEY);
  }
}
