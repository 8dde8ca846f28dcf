package io.fairlead.docs.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The public API of each library, kept in docs/api so that a review sees every change. */
class PublicApiTest {
  private static final Path FOLDER = Path.of("api");

  private static final String ACCEPT =
      "mvn test -pl docs -am -Dtest=PublicApiTest -Dgolden.update"
          + " -Dsurefire.failIfNoSpecifiedTests=false";

  static List<MavenModule> libraries() {
    return MavenModule.libraries();
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void theApiIsWhatTheListingSays(MavenModule module) throws Exception {
    String listing = ApiListing.of(CodeBase.all(), file -> file.module().equals(module.folder()));
    Path golden = FOLDER.resolve(module.folder() + ".txt");
    if (System.getProperty("golden.update") != null) {
      Files.createDirectories(FOLDER);
      Files.writeString(golden, listing);
    }
    String known = Files.exists(golden) ? Files.readString(golden) : "";
    assertThat(listing.equals(known))
        .withFailMessage(
            "The public API of %s is not what docs/%s says:%n%n%s%n%n"
                + "If this is meant, accept it, and tell users in CHANGELOG.md:%n  %s%n",
            module.folder(), golden, LineDiff.of(known, listing), ACCEPT)
        .isTrue();
  }

  @Test
  void noListingIsLeftOfAModuleThatIsGone() throws Exception {
    Files.createDirectories(FOLDER);
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .isSubsetOf(libraries().stream().map(each -> each.folder() + ".txt").toList());
    }
  }
}
