package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What docs/concepts.md shows as printed is what is printed. */
class ConceptsTest {
  @Test
  void theStackOfAServerIsAsShown() throws IOException {
    List<String> shown =
        Files.readString(Path.of("concepts.md"))
            .lines()
            .filter(line -> line.startsWith("// shop.v1.Inventory/"))
            .map(line -> line.substring("// ".length()))
            .toList();
    assertThat(shown).hasSize(2);
    try (RpcServer server = Trials.inventory().start()) {
      assertThat(server.toString().lines()).containsAll(shown);
    }
  }
}
