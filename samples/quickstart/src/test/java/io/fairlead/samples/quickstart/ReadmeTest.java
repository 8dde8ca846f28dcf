package io.fairlead.samples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README shows is code that the build compiles. */
class ReadmeTest {
  private static final Pattern BLOCK =
      Pattern.compile("```(?:java|proto)\n(.*?)```", Pattern.DOTALL);

  @Test
  void everyBlockOfCodeStandsInThisSample() throws IOException {
    List<String> sources = sources();
    List<String> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(Files.readString(Path.of("../../README.md")));
    while (matcher.find()) {
      blocks.add(withoutIndent(matcher.group(1)));
    }
    assertThat(blocks).hasSize(4);
    for (String block : blocks) {
      assertThat(sources).as(block).anyMatch(source -> source.contains(block));
    }
  }

  private static List<String> sources() throws IOException {
    List<String> sources = new ArrayList<>();
    for (String root : List.of("src", "target/generated-sources")) {
      try (Stream<Path> files = Files.walk(Path.of(root))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          sources.add(withoutIndent(Files.readString(file)));
        }
      }
    }
    return sources;
  }

  private static String withoutIndent(String text) {
    return text.lines().map(String::strip).collect(Collectors.joining("\n")).strip();
  }
}
