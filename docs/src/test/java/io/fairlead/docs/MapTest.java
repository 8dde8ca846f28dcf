package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the pages for those who look for something name is there. */
class MapTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern CODE = Pattern.compile("```\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern QUOTED = Pattern.compile("`([^`\n]+)`");

  /** Of a command's options only what they are set to can be a class of ours. */
  private static final Pattern OPTION = Pattern.compile("(?<=\\s)-[^\\s=]+(?:=(\\S+))?|\\S+=-\\S+");

  private static final Pattern CLASS = Pattern.compile("\\b(?:[A-Z][a-z]+){2,}\\b");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");

  /** Made by the generator from the example, protoc's own, or an environment's. */
  private static final Set<String> NOT_OURS =
      Set.of("InventoryAsync", "InventoryRpc", "CodeGeneratorRequest");

  @Test
  void theMapNamesOnlyClassesThatAreThere() throws IOException {
    Set<String> named = classes(parts(CODE, "docs/map.md"));
    assertThat(named).hasSizeGreaterThan(20);
    assertThat(ourClasses()).containsAll(named);
  }

  @Test
  void contributorPagesNameOnlyExistingClasses() throws IOException {
    for (String page :
        List.of(
            "CONTRIBUTING.md",
            "docs/map.md",
            "runtime/README.md",
            "testkit/README.md",
            "samples/README.md")) {
      Set<String> named = classes(OPTION.matcher(parts(QUOTED, page)).replaceAll("$1"));
      assertThat(ourClasses()).as(page).containsAll(named);
    }
  }

  @Test
  void everyFolderOfAKindIsOnItsPage() throws IOException {
    assertThat(parts(QUOTED, "README.md")).as("README.md").contains(names(ROOT, "pom.xml"));
    assertThat(Files.readString(ROOT.resolve("samples/README.md")))
        .contains(names(ROOT.resolve("samples"), "pom.xml"));
    assertThat(parts(QUOTED, "runtime/README.md"))
        .contains(names(ROOT.resolve("runtime/src/main/java/io/fairlead"), "package-info.java"));
    assertThat(Files.readString(Path.of("README.md"))).contains(pagesOfDocs());
  }

  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    Set<String> dead = new TreeSet<>();
    for (Path page : pages()) {
      for (MatchResult link : LINK.matcher(Files.readString(page)).results().toList()) {
        Path target = page.resolveSibling(link.group(1));
        if (!link.group(1).contains("://") && !Files.exists(target)) {
          dead.add(ROOT.relativize(page) + " -> " + link.group(1));
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  private static List<Path> pages() throws IOException {
    return ProjectFiles.below(ROOT, ".md");
  }

  private static String parts(Pattern pattern, String page) throws IOException {
    return pattern
        .matcher(Files.readString(ROOT.resolve(page)))
        .results()
        .map(part -> part.group(1))
        .collect(Collectors.joining("\n"));
  }

  private static Set<String> classes(String text) {
    return CLASS
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .filter(name -> !NOT_OURS.contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The folders in a folder that hold this file. */
  private static List<String> names(Path folder, String file) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(each -> Files.exists(each.resolve(file)))
          .map(each -> each.getFileName().toString())
          .toList();
    }
  }

  private static List<String> pagesOfDocs() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(""))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".md") && !file.equals("README.md"))
          .toList();
    }
  }

  private static Set<String> ourClasses() throws IOException {
    return ProjectFiles.below(ROOT, ".java").stream()
        .map(file -> file.getFileName().toString())
        .map(name -> name.substring(0, name.length() - ".java".length()))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
