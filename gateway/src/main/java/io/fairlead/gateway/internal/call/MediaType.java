package io.fairlead.gateway.internal.call;

import java.util.Locale;

/** The value of a {@code Content-Type} header. */
public final class MediaType {
  private MediaType() {}

  /** Returns the type in small letters, without parameters; empty without one. */
  public static String essence(String header) {
    int semicolon = header.indexOf(';');
    return (semicolon < 0 ? header : header.substring(0, semicolon))
        .trim()
        .toLowerCase(Locale.ROOT);
  }

  /** Returns whether it names no charset, or UTF-8. */
  public static boolean isUtf8(String header) {
    if (header.indexOf(';') < 0) {
      return true;
    }
    String text = header.toLowerCase(Locale.ROOT).replace(" ", "").replace("\"", "");
    int at = text.indexOf("charset=");
    return at < 0 || text.startsWith("utf-8", at + 8) || text.startsWith("us-ascii", at + 8);
  }
}
