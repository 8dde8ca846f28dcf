package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of attacks names tests; they are there, and none of the tables' is left out. */
class AttackTablePageTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");
  private static final Pattern TEST = Pattern.compile("(?m)^  void (\\w+)\\(");
  private static final List<String> PACKAGES =
      List.of(
          "io.fairlead.server", "io.fairlead.client.internal", "io.fairlead.internal.transport");

  @Test
  void everyTestThatThePageNamesIsThere() throws Exception {
    int named = 0;
    Matcher matcher = NAMED.matcher(page());
    while (matcher.find()) {
      named++;
      String method = matcher.group(2);
      assertThat(named(matcher.group(1))).as(matcher.group()).contains(method);
    }
    assertThat(named).isGreaterThan(35);
  }

  @Test
  void everyAttackThatIsTestedIsOnThePage() throws Exception {
    String page = page();
    for (String type : List.of("AttackTableTest", "HostileServerTest", "FrameGuardTest")) {
      assertThat(tests(find(type)))
          .allSatisfy(name -> assertThat(page).contains("`" + type + "." + name + "`"));
    }
  }

  @Test
  void everyAttackHasATest() throws Exception {
    assertThat(rowsOfAttacks())
        .hasSizeGreaterThan(35)
        .allSatisfy(line -> assertThat(NAMED.matcher(line).find()).as(line).isTrue());
  }

  /** The rows of all tables except those of figures, whose header has no column for tests. */
  private static List<String> rowsOfAttacks() throws Exception {
    List<String> rows = new ArrayList<>();
    boolean figures = false;
    for (String line : page().lines().toList()) {
      if (line.startsWith("| attack |")) {
        figures = !line.endsWith("| tests |");
      } else if (line.startsWith("| ") && !figures) {
        rows.add(line);
      }
    }
    return rows;
  }

  /** Those of other modules are not on the class path here, so their source is looked at. */
  private static List<String> named(String type) throws Exception {
    for (String module :
        List.of("gateway", "security-jwt", "security-policy", "admin", "interop-tests")) {
      Path tests = Path.of("").toAbsolutePath().resolveSibling(module).resolve("src/test/java");
      try (Stream<Path> sources = Files.walk(tests)) {
        for (Path source : sources.toList()) {
          if (source.endsWith(type + ".java")) {
            return TEST.matcher(Files.readString(source)).results().map(m -> m.group(1)).toList();
          }
        }
      }
    }
    return tests(find(type)).toList();
  }

  private static Class<?> find(String name) throws ClassNotFoundException {
    for (String inside : PACKAGES) {
      String resource = inside.replace('.', '/') + "/" + name + ".class";
      if (AttackTablePageTest.class.getClassLoader().getResource(resource) != null) {
        return Class.forName(inside + "." + name);
      }
    }
    throw new ClassNotFoundException(name);
  }

  private static Stream<String> tests(Class<?> type) {
    Set<String> names = new TreeSet<>();
    Arrays.stream(type.getDeclaredMethods())
        .filter(
            method ->
                Arrays.stream(method.getAnnotations())
                    .anyMatch(one -> one.annotationType().getSimpleName().endsWith("Test")))
        .forEach(method -> names.add(method.getName()));
    return names.stream();
  }

  private static String page() throws IOException {
    return Files.readString(
        Path.of("").toAbsolutePath().resolveSibling("docs").resolve("attacks.md"));
  }
}
