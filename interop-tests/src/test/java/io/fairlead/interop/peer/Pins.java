package io.fairlead.interop.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The versions of peers, from the files that pin them. */
public final class Pins {
  private Pins() {}

  /**
   * A version.
   *
   * @param file in {@code src/peers}
   * @param pattern its first group is the version
   */
  public static String version(String file, String pattern) {
    try {
      String text = Files.readString(Build.SOURCES.resolve(file));
      Matcher matcher = Pattern.compile(pattern).matcher(text);
      if (!matcher.find()) {
        throw new IllegalStateException(file + " has nothing like " + pattern);
      }
      return matcher.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
