package io.fairlead.docs.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.docs.ProjectFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which package may know which, and what may be public. The rules stand in CONTRIBUTING.md. */
class PackagesTest {
  private static final Path ROOT = Path.of("..");

  /** Uses of another module's internal types that cannot be avoided, each with its reason. */
  private static final List<PackageRules.Allowed> ALLOWED =
      List.of(
          new PackageRules.Allowed(
              "registry-etcd",
              "io.fairlead.internal.tls.TlsWatch",
              "the link to etcd reads its certificates again as channels do"),
          new PackageRules.Allowed(
              "management",
              "io.fairlead.internal.tls.TlsWatch",
              "the management server reads its certificates again as servers do"),
          new PackageRules.Allowed(
              "experiments",
              "io.fairlead.server.internal.call.DeferredCall",
              "a call that waits for its fault keeps its events as one in the queue does"),
          new PackageRules.Allowed(
              "experiments",
              "io.fairlead.server.internal.call.QuietClose",
              "a call that ends after its delay may have been ended meanwhile"),
          new PackageRules.Allowed(
              "experiments",
              "io.fairlead.server.internal.observe.ServerCallRecorder",
              "the outcome of a call says which fault it got on purpose"));

  /** Internals that are public for a module that is built after this one, each with its reason. */
  private static final List<String> PUBLIC_FOR_LATER_MODULES =
      List.of(
          // The simulation in bench/balance drives balancers in virtual time.
          "io.fairlead.balance.internal.ClockAndRandom",
          "io.fairlead.balance.internal.ClockAndRandom.REAL");

  private static final Pattern INTERNAL_IMPORT =
      Pattern.compile("^import .*\\binternal\\..*;$", Pattern.MULTILINE);

  @Test
  void noPackagesKnowEachOther() {
    CodeBase published =
        CodeBase.of(Arrays.stream(MavenModule.values()).filter(MavenModule::published).toList());
    check("Circles of packages", new PackageRules(published).circles());
  }

  @Test
  void noPublicSignatureNamesAnInternalType() {
    check(
        "Internal types in the API", new PackageRules(CodeBase.all()).internalTypesInSignatures());
  }

  @Test
  void everyPublicInternalTypeIsUsedByAnotherPackage() {
    check(
        "Internal types that can be package-private",
        withoutLaterUses(new PackageRules(CodeBase.all()).unusedTypes()));
  }

  @Test
  void everyPublicMemberOfAnInternalTypeIsUsedByAnotherPackage() {
    check(
        "Members of internal types that can be narrower",
        withoutLaterUses(new PackageRules(CodeBase.all()).unusedMembers()));
  }

  @Test
  void noModuleUsesAnothersInternals() {
    check(
        "Uses of another module's internals",
        new PackageRules(CodeBase.all()).foreignInternals(ALLOWED));
  }

  /** Samples are built after this module, but a source cannot name a type without its package. */
  @Test
  void noSampleUsesInternals() throws IOException {
    int seen = 0;
    for (Path source : ProjectFiles.below(ROOT.resolve("samples"), ".java")) {
      seen++;
      assertThat(INTERNAL_IMPORT.matcher(Files.readString(source)).results())
          .as("%s", source)
          .extracting(MatchResult::group)
          .isEmpty();
    }
    assertThat(seen).isPositive();
  }

  /** A published module that nobody added to {@link MavenModule} would not be looked at. */
  @Test
  void everyPublishedModuleIsLookedAt() throws IOException {
    List<String> published =
        Pattern.compile("<module>(.*)</module>")
            .matcher(Files.readString(ROOT.resolve("pom.xml")))
            .results()
            .map(each -> each.group(1))
            .filter(PackagesTest::isPublishedCode)
            .toList();
    assertThat(
            Arrays.stream(MavenModule.values())
                .filter(MavenModule::published)
                .map(MavenModule::folder))
        .containsExactlyInAnyOrderElementsOf(published);
  }

  private static boolean isPublishedCode(String folder) {
    try {
      return Files.isDirectory(ROOT.resolve(folder).resolve("src/main"))
          && !Files.readString(ROOT.resolve(folder).resolve("pom.xml"))
              .contains("<maven.deploy.skip>true");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> withoutLaterUses(List<String> broken) {
    return broken.stream().filter(each -> !PUBLIC_FOR_LATER_MODULES.contains(each)).toList();
  }

  private static void check(String what, List<String> broken) {
    assertThat(broken.isEmpty())
        .withFailMessage("%s: %d%n%n%s%n", what, broken.size(), String.join("\n", broken))
        .isTrue();
  }
}
