package io.fairlead.bench;

/**
 * What a client does for a while.
 *
 * @param kind which calls
 * @param inFlight how many at a time
 */
public record Load(Kind kind, int inFlight) {
  /** The kinds of load, by their name on the command line. */
  public enum Kind {
    /** Unary calls, each on a thread that waits for it. */
    BLOCKING,
    /** Unary calls whose end starts the next one. */
    ASYNC,
    /** Unary calls of a mebibyte each way, blocking. */
    LARGE,
    /** The same with 16 mebibytes. */
    LARGE16,
    /** The same with 64 mebibytes. */
    LARGE64,
    /**
     * A server's stream of a gibibyte, read by callbacks; an operation is a message of a mebibyte.
     */
    BULK,
    /** A server's stream of small messages, read by a thread; an operation is a message. */
    STREAM,
    /** The same, read by callbacks. */
    OBSERVE,
    /** One message at a time to and fro over one call; an operation is a round. */
    PINGPONG,
    /** A JVM from its start to its first answered call; starts that of a server too. */
    START,
    /** Unary calls by h2load, which knows no framework; measures the server alone. */
    H2LOAD
  }

  /** Reads {@code "async-32"}. */
  public static Load parse(String text) {
    int dash = text.lastIndexOf('-');
    try {
      return new Load(
          Kind.valueOf(text.substring(0, dash).toUpperCase(java.util.Locale.ROOT)),
          Integer.parseInt(text.substring(dash + 1)));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "A load is <kind>-<calls in flight>, as in async-32, not \"" + text + '"', e);
    }
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(java.util.Locale.ROOT) + "-" + inFlight;
  }
}
