package io.fairlead.docs.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each rule finds what breaks it, and lets pass what does not. */
class PackageRulesTest {
  static final String HERE = PackageRulesTest.class.getPackageName() + ".fixture.";
  private static final String WALL = HERE + "wall.";

  @Test
  void aCircleIsShownWithAReferenceForEachEdge() {
    assertThat(new PackageRules(fixture("circle")).circles())
        .containsExactly(
            """
            PKG.one -> PKG.two -> PKG.one
                PKG.one -> PKG.two: 1 reference, First -> Second
                PKG.two -> PKG.one: 1 reference, Second -> First"""
                .replace("PKG", HERE + "circle"));
  }

  @Test
  void oneDirectionIsNoCircle() {
    assertThat(new PackageRules(fixture("wall")).circles()).isEmpty();
  }

  @Test
  void anInternalTypeInASignatureIsFound() {
    assertThat(new PackageRules(fixture("wall")).internalTypesInSignatures())
        .containsExactly(
            WALL + "user.Api.field names " + WALL + "internal.Hidden",
            WALL + "user.Api.bound(Hidden) names " + WALL + "internal.Hidden",
            WALL + "user.Base.inherited() names " + WALL + "internal.Hidden");
  }

  @Test
  void aPublicInternalTypeThatNobodyUsesIsFound() {
    assertThat(new PackageRules(fixture("wall")).unusedTypes())
        .containsExactly(WALL + "internal.Hidden.UnusedNested", WALL + "internal.Unused");
  }

  @Test
  void aPublicMemberThatNobodyUsesIsFound() {
    assertThat(new PackageRules(fixture("wall")).unusedMembers())
        .containsExactly(
            WALL + "internal.Hidden.UNUSED",
            "new " + WALL + "internal.Hidden(int)",
            WALL + "internal.Hidden.unused()",
            "new " + WALL + "internal.Hidden.UnusedNested()",
            WALL + "internal.Hidden.Value.unusedSum()",
            "new " + WALL + "internal.Unused()");
  }

  @Test
  void aServiceIsUsedByItsLoader(@TempDir Path classes) throws Exception {
    Path from = fixturePath("wall/internal/Unused.class");
    Files.copy(from, classes.resolve("Unused.class"));
    assertThat(rulesOf(classes).unusedTypes()).containsExactly(WALL + "internal.Unused");
    assertThat(rulesOf(classes).unusedMembers()).hasSize(1);

    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    Files.writeString(services.resolve("java.lang.Object"), WALL + "internal.Unused\n");
    assertThat(rulesOf(classes).unusedTypes()).isEmpty();
    assertThat(rulesOf(classes).unusedMembers()).isEmpty();
  }

  private static PackageRules rulesOf(Path classes) {
    return new PackageRules(new CodeBase().add("fixture", classes));
  }

  @Test
  void anotherModulesInternalsAreFoundUnlessAllowed() {
    CodeBase code =
        new CodeBase()
            .add("ours", fixturePath("wall/internal"))
            .add("theirs", fixturePath("wall/user"));
    String user = "theirs: " + WALL + "user.";
    assertThat(new PackageRules(code).foreignInternals(List.of()))
        .contains(user + "Base names " + WALL + "internal.Hidden")
        .allMatch(each -> each.startsWith(user));
    assertThat(
            new PackageRules(code)
                .foreignInternals(List.of(allowed("internal.Hidden"), allowed("internal.Unused"))))
        .contains("Allowed, and nobody needs it: " + allowed("internal.Unused"))
        .noneMatch(each -> each.endsWith("internal.Hidden"));
  }

  @Test
  void classesThatAreNotThereAreNotTakenForAnEmptyModule(@TempDir Path empty) {
    assertThatThrownBy(() -> new CodeBase().add("runtime", empty))
        .hasMessageContaining(empty.toString())
        .hasMessageContaining("-am");
  }

  private static PackageRules.Allowed allowed(String type) {
    return new PackageRules.Allowed("theirs", WALL + type, "a test");
  }

  private static CodeBase fixture(String name) {
    return new CodeBase().add("fixture", fixturePath(name));
  }

  static Path fixturePath(String name) {
    return Path.of("target", "test-classes", HERE.replace('.', '/'), name);
  }
}
