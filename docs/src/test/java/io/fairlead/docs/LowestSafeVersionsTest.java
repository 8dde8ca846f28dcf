package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * No published module brings a library with a known fault. The class path of this module holds all
 * of them, and what they need.
 */
class LowestSafeVersionsTest {
  private static final Path LIST = Path.of("lowest-safe-versions.txt");
  private static final Pattern JAR = Pattern.compile("(.+?)-(\\d[\\w.-]*)\\.jar");
  private static final Pattern CVE = Pattern.compile("CVE-\\d{4}-\\d{4,}");

  /** A line of the list. */
  private record Fault(String component, String lowest, String cve, String what) {
    static Fault parse(String line) {
      String[] parts = line.split(" ", 4);
      assertThat(parts).as(line).hasSize(4);
      assertThat(parts[2]).as(line).matches(CVE);
      return new Fault(parts[0], parts[1], parts[2], parts[3]);
    }

    String artifact() {
      return component.substring(component.indexOf(':') + 1);
    }
  }

  private static List<Fault> list() throws IOException {
    return Files.readAllLines(LIST).stream()
        .filter(line -> !line.startsWith("#"))
        .map(Fault::parse)
        .toList();
  }

  /** The versions on a class path, by artifact. */
  private static Map<String, String> versions(String classPath) {
    Map<String, String> versions = new TreeMap<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      Matcher jar = JAR.matcher(entry.substring(entry.lastIndexOf(File.separatorChar) + 1));
      if (jar.matches()) {
        versions.put(jar.group(1), jar.group(2));
      }
    }
    return versions;
  }

  private static List<String> tooOld(List<Fault> faults, Map<String, String> versions) {
    List<String> found = new ArrayList<>();
    for (Fault fault : faults) {
      String version = versions.get(fault.artifact());
      if (version != null && isOlder(version, fault.lowest())) {
        found.add(
            "%s %s is below %s: %s lets others %s"
                .formatted(fault.component(), version, fault.lowest(), fault.cve(), fault.what()));
      }
    }
    return found;
  }

  private static boolean isOlder(String version, String than) {
    String[] has = version.split("[.-]", -1);
    String[] wanted = than.split("[.-]", -1);
    for (int i = 0; i < wanted.length; i++) {
      int difference =
          (i < has.length ? Integer.parseInt(has[i]) : 0) - Integer.parseInt(wanted[i]);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  @Test
  void noLibraryHasAKnownFault() throws IOException {
    assertThat(tooOld(list(), versions(System.getProperty("java.class.path", "")))).isEmpty();
  }

  @Test
  void eachLineIsAboutALibraryThatIsUsed() throws IOException {
    Map<String, String> versions = versions(System.getProperty("java.class.path", ""));
    assertThat(list()).isNotEmpty().allMatch(each -> versions.containsKey(each.artifact()));
  }

  @Test
  void anOlderLibraryIsNamedWithItsFault() throws IOException {
    String old = String.join(File.separator, "", "m2", "netty-codec-http-4.2.17.Final.jar");
    String fit = String.join(File.separator, "", "m2", "netty-handler-4.2.17.Final.jar");
    assertThat(tooOld(list(), versions(old + File.pathSeparator + fit)))
        .containsExactly(
            "io.netty:netty-codec-http 4.2.17.Final is below 4.2.18: CVE-2026-89044 lets others"
                + " smuggle requests by a list of transfer codings");
  }
}
