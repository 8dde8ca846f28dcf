package io.fairlead.cli;

import com.google.gson.JsonObject;
import java.util.Locale;

/**
 * What the doctor found at one place.
 *
 * @param wayOut what to do; empty if all is well
 */
record Finding(Level level, String subject, String text, String wayOut) {

  /** An error keeps calls from being served; a warning may, or may soon. */
  enum Level {
    OK,
    WARNING,
    ERROR
  }

  static Finding ok(String subject, String text) {
    return new Finding(Level.OK, subject, text, "");
  }

  static Finding warning(String subject, String text, String wayOut) {
    return new Finding(Level.WARNING, subject, text, wayOut);
  }

  static Finding error(String subject, String text, String wayOut) {
    return new Finding(Level.ERROR, subject, text, wayOut);
  }

  String line() {
    String first =
        String.format(
            Locale.ROOT, "%-8s %s: %s", level.name().toLowerCase(Locale.ROOT), subject, text);
    String printable = first.replaceAll("\\p{Cntrl}", " ");
    return wayOut.isEmpty()
        ? printable
        : printable + System.lineSeparator() + "         -> " + wayOut;
  }

  JsonObject json() {
    JsonObject object = new JsonObject();
    object.addProperty("level", level.name());
    object.addProperty("subject", subject);
    object.addProperty("text", text);
    object.addProperty("wayOut", wayOut);
    return object;
  }
}
