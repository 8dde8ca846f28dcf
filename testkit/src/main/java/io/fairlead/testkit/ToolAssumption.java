package io.fairlead.testkit;

import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.opentest4j.TestAbortedException;

/**
 * What becomes of a test that needs a program which is not there: it is skipped with one line that
 * says what to install, or fails where the environment has {@code FAIRLEAD_REQUIRE=all}.
 */
public final class ToolAssumption {
  private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

  private ToolAssumption() {}

  /**
   * Ends the test.
   *
   * @param tool what is missing
   * @param install how one gets it
   * @return nothing; the type lets callers write {@code throw}
   */
  public static RuntimeException skip(String tool, String install) {
    return skip(tool, install, System.getenv().getOrDefault("FAIRLEAD_REQUIRE", ""));
  }

  static RuntimeException skip(String tool, String install, String required) {
    String text = tool + " is missing; install it: " + install;
    if (required.toLowerCase(Locale.ROOT).equals("all")) {
      throw new AssertionError(text + " (FAIRLEAD_REQUIRE=all makes this a failure)");
    }
    if (REPORTED.add(tool)) {
      // Reports alone would keep it from the person who watches the build.
      System.out.println("Tests are skipped: " + text);
    }
    throw new TestAbortedException(text);
  }
}
