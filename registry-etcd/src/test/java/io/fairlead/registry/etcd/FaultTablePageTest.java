package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of the fault table names tests; they are there, and none of the table's is left out. */
final class FaultTablePageTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+)\\.(\\w+)`");

  @Test
  void everyTestThatThePageNamesIsThere() throws Exception {
    int named = 0;
    Matcher matcher = NAMED.matcher(page());
    while (matcher.find()) {
      named++;
      String method = matcher.group(2);
      assertThat(methods(Class.forName(getClass().getPackageName() + "." + matcher.group(1))))
          .as(matcher.group())
          .contains(method);
    }
    assertThat(named).isGreaterThan(30);
  }

  @Test
  void everyFaultOfTheContractIsOnThePage() throws IOException {
    String page = page();
    // What is no fault.
    Set<String> plain = Set.of("drainingIsSeenBeforeTheEnd", "anUpdateIsSeen");
    assertThat(methods(FaultTableContract.class).filter(name -> !plain.contains(name)))
        .allSatisfy(name -> assertThat(page).contains("`FaultTableContract." + name + "`"));
  }

  @Test
  void everyFaultOfAClusterIsOnThePage() throws IOException {
    String page = page();
    assertThat(methods(ClusterFaultTableIT.class))
        .allSatisfy(name -> assertThat(page).contains("`ClusterFaultTableIT." + name + "`"));
  }

  /** Those of a cluster are left out: others have not been read for them. */
  @Test
  void everyFaultOfASingleEtcdIsComparedWithWhatOthersDo() throws IOException {
    String single = page().substring(0, page().indexOf("## A cluster of three members"));
    // What concerns our tests and our log alone.
    List<String> faults =
        firstColumn(single).stream().filter(fault -> !fault.startsWith("any of these")).toList();
    assertThat(faults).hasSizeGreaterThan(20);
    assertThat(firstColumn(page("registry-comparison.md"))).isEqualTo(faults);
  }

  private static List<String> firstColumn(String page) {
    return page.lines()
        .filter(line -> line.startsWith("| "))
        .map(line -> line.split(" \\| ", -1)[0].substring(2))
        .toList();
  }

  private static Stream<String> methods(Class<?> type) {
    Set<String> names = new TreeSet<>();
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      Arrays.stream(at.getDeclaredMethods())
          .filter(
              method ->
                  Arrays.stream(method.getAnnotations())
                      .anyMatch(one -> one.annotationType().getSimpleName().endsWith("Test")))
          .forEach(method -> names.add(method.getName()));
    }
    return names.stream();
  }

  private static String page() throws IOException {
    return page("registry-faults.md");
  }

  private static String page(String name) throws IOException {
    return Files.readString(Path.of("").toAbsolutePath().resolveSibling("docs").resolve(name));
  }
}
