package io.fairlead.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds libraries that are older than those that Fairlead was tested with, before one of them fails
 * with the name of a class.
 *
 * <p>Each module lists its libraries in a file that the build fills in. The version found is that
 * in the name of the jar. A jar without one, such as a jar of all classes, is not judged. This runs
 * at every start, so it does without streams and patterns, which take milliseconds to load.
 */
public final class LibraryVersions {
  private static final String LISTS = "META-INF/fairlead/libraries";

  private static final String JAR = ".jar!";

  private static final String WAY_OUT =
      "; import io.fairlead:fairlead-bom before other BOMs, and see in the output of"
          + " \"mvn dependency:tree\" what asks for the older version";

  private static final System.Logger LOG = System.getLogger(LibraryVersions.class.getName());

  /** Whether nothing is too old; a program that goes on after a failure is told again. */
  private static volatile boolean checked;

  private LibraryVersions() {}

  /**
   * Checks the libraries on the first call. An older one that works is a line in the log.
   *
   * @throws IllegalStateException if one is older than the oldest that works
   */
  public static void check() {
    if (!checked) {
      checkOnce();
    }
  }

  private static synchronized void checkOnce() {
    if (checked) {
      return;
    }
    List<String> old = new ArrayList<>();
    List<String> tooOld = new ArrayList<>();
    ClassLoader loader = LibraryVersions.class.getClassLoader();
    for (String line : lines(loader)) {
      String[] library = line.split(" ", -1);
      URL place = loader.getResource(library[3]);
      String found = place == null ? null : version(library[0], place.toString());
      if (found != null && isOlder(found, library[1])) {
        boolean works = !isOlder(found, library[2]);
        String what = library[0] + " " + found + " in " + jar(place.toString());
        if (works) {
          old.add(what + ", tested with " + library[1]);
        } else {
          tooOld.add(what + ", where " + library[1] + " is needed");
        }
      }
    }
    if (!tooOld.isEmpty()) {
      tooOld.addAll(old);
      throw new IllegalStateException(
          "Fairlead cannot work with libraries as old as these: "
              + String.join("; ", tooOld)
              + WAY_OUT);
    }
    if (!old.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "Libraries are older than those that Fairlead was tested with: "
              + String.join("; ", old)
              + WAY_OUT);
    }
    checked = true;
  }

  private static List<String> lines(ClassLoader loader) {
    List<String> lines = new ArrayList<>();
    try {
      for (URL list : Collections.list(loader.getResources(LISTS))) {
        try (BufferedReader reader =
            new BufferedReader(new InputStreamReader(list.openStream(), StandardCharsets.UTF_8))) {
          for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (!line.startsWith("#")) {
              lines.add(line);
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + LISTS, e);
    }
    return lines;
  }

  /** Returns the version in the name of the jar, which may lie in another jar; null if none is. */
  private static @Nullable String version(String artifact, String place) {
    int end = place.lastIndexOf(JAR);
    int begin = place.lastIndexOf('/', end) + artifact.length() + 2;
    boolean named =
        begin < end
            && place.startsWith(artifact + "-", begin - artifact.length() - 1)
            && Character.isDigit(place.charAt(begin));
    return named ? place.substring(begin, end) : null;
  }

  private static String jar(String place) {
    int begin = place.startsWith("jar:file:") ? "jar:file:".length() : 0;
    return place.substring(begin, place.lastIndexOf(JAR) + JAR.length() - 1);
  }

  /** Compares the numbers before the first other word: 4, 2 and 20 of {@code 4.2.20.Final}. */
  private static boolean isOlder(String version, String than) {
    String[] has = version.split("\\.", -1);
    String[] wanted = than.split("\\.", -1);
    for (int i = 0; i < wanted.length && number(wanted[i]) >= 0; i++) {
      int difference = (i < has.length ? number(has[i]) : -1) - number(wanted[i]);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  /** Returns the number that this begins with, or -1. */
  private static int number(String part) {
    int digits = 0;
    while (digits < Math.min(part.length(), 9) && Character.isDigit(part.charAt(digits))) {
      digits++;
    }
    return digits == 0 ? -1 : Integer.parseInt(part.substring(0, digits));
  }
}
