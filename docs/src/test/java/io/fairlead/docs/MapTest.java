package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every class that docs/map.md names is there. */
class MapTest {
  private static final Pattern CODE = Pattern.compile("```\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS = Pattern.compile("\\b(?:[A-Z][a-z]+){2,}\\b");

  /** Made by the generator from the example, or protoc's own. */
  private static final Set<String> NOT_OURS =
      Set.of("InventoryAsync", "InventoryRpc", "CodeGeneratorRequest");

  @Test
  void namesOnlyWhatIsThere() throws IOException {
    String drawn =
        CODE.matcher(Files.readString(Path.of("map.md")))
            .results()
            .map(block -> block.group(1))
            .collect(Collectors.joining());
    Set<String> named =
        CLASS
            .matcher(drawn)
            .results()
            .map(MatchResult::group)
            .filter(name -> !NOT_OURS.contains(name))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).hasSizeGreaterThan(20);
    assertThat(ourClasses()).containsAll(named);
  }

  private static Set<String> ourClasses() throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path module :
        Arrays.asList(
            Path.of("../runtime"), Path.of("../codegen-plugin"), Path.of("../registry-etcd"))) {
      try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
        files
            .map(file -> file.getFileName().toString())
            .filter(file -> file.endsWith(".java"))
            .forEach(file -> names.add(file.substring(0, file.length() - ".java".length())));
      }
    }
    return names;
  }
}
