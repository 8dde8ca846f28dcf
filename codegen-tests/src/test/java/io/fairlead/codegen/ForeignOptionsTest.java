package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.options.OptionsProto;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options of other companies that have the number of ours. A number alone says nothing. */
class ForeignOptionsTest {
  private static final int NUMBER = OptionsProto.METHOD_FIELD_NUMBER;

  @TempDir Path folder;

  private Project contract(String foreign, String ofService, String ofMethod) {
    return new Project(folder)
        .file(
            "other/options.proto",
            "syntax = \"proto3\"; package other; import \"google/protobuf/descriptor.proto\";"
                + foreign.replace("NUMBER", String.valueOf(NUMBER)))
        .file(
            "test.proto",
            """
            syntax = "proto3"; package shop; import "other/options.proto"; message Q {}
            service S {
              %s
              rpc A(Q) returns (Q) { %s }
            }
            """
                .formatted(ofService, ofMethod));
  }

  @Test
  void aMessageOfAnotherCompanyDoesNotBecomeADeadline() {
    Project project =
        contract(
            "message Tag { string a = 1; }"
                + " extend google.protobuf.MethodOptions { Tag tag = NUMBER; }"
                + " extend google.protobuf.ServiceOptions { Tag tags = NUMBER; }",
            "option (other.tags) = { a: \"2s\" };",
            "option (other.tag) = { a: \"3s\" };");
    assertThat(project.files().get("shop/SRpc.java")).doesNotContain("deadline", "policy(");
  }

  @Test
  void aTextOfAnotherCompanyIsLeftAlone() {
    Project project =
        contract(
            "extend google.protobuf.MethodOptions { string tag = NUMBER; }"
                + " extend google.protobuf.ServiceOptions { fixed64 tags = NUMBER; }",
            "option (other.tags) = 7;",
            "option (other.tag) = \"not a policy\";");
    assertThat(project.files()).containsKey("shop/SRpc.java");
  }

  @Test
  void anOptionOfAnotherPackageWithOurShortNameIsNotOurs() {
    Project project =
        contract(
            "message Policy { string deadline = 1; }"
                + " extend google.protobuf.MethodOptions { Policy method = NUMBER; }",
            "",
            "option (other.method).deadline = \"3s\";");
    assertThat(project.files().get("shop/SRpc.java")).doesNotContain("deadline");
  }

  @Test
  void aCopyOfOurFileUnderAnotherPathIsOurs() throws Exception {
    String ours = Files.readString(Tools.includes().resolve("fairlead/options.proto"));
    Project project =
        new Project(folder)
            .file("vendor/fairlead.proto", ours)
            .file(
                "test.proto",
                """
                syntax = "proto3"; package shop; import "vendor/fairlead.proto"; message Q {}
                service S { rpc A(Q) returns (Q) { option (fairlead.method).deadline = "3s"; } }
                """);
    assertThat(project.files().get("shop/SRpc.java")).contains(".deadline(Duration.ofSeconds(3))");
  }

  @Test
  void ourOptionsUnderAnotherNumberAreRefusedAndNotIgnored() throws Exception {
    String older =
        Files.readString(Tools.includes().resolve("fairlead/options.proto"))
            .replace("Policy method = " + NUMBER, "Policy method = 52711");
    Project project =
        new Project(folder)
            .file("fairlead/options.proto", older)
            .file(
                "test.proto",
                """
                syntax = "proto3"; package shop; import "fairlead/options.proto"; message Q {}
                service S { rpc A(Q) returns (Q) { option (fairlead.method).deadline = "3s"; } }
                """);
    assertThat(project.mistakes())
        .singleElement()
        .asString()
        .matches("fairlead/options\\.proto:\\d+:19: .*")
        .endsWith(
            "option fairlead.method has the number 52711, and this protoc-gen-fairlead reads it under "
                + NUMBER
                + "; use the fairlead/options.proto of the same version as the generator");
  }

  @Test
  void anOptionOfOursThatCannotBeReadIsAMistakeWithItsPlace() throws Exception {
    String other =
        Files.readString(Tools.includes().resolve("fairlead/options.proto"))
            .replace("  Retry retry = 3;", "  string retry = 3;");
    Project project =
        new Project(folder)
            .file("fairlead/options.proto", other)
            .file(
                "test.proto",
                """
                syntax = "proto3"; package shop; import "fairlead/options.proto"; message Q {}
                service S {
                  rpc A(Q) returns (Q) { option (fairlead.method).retry = "three times"; }
                }
                """);
    assertThat(project.mistakes())
        .containsExactly(
            "test.proto:3:26: rpc S.A: option (fairlead.method) cannot be read; use the"
                + " fairlead/options.proto of the same version as the generator");
  }

  @Test
  void theNumberIsOneThatCanBeRegistered() {
    // protobuf leaves 50000 to 99999 to single organisations; docs/options.md gives out from 1000.
    assertThat(OptionsProto.METHOD_FIELD_NUMBER).isBetween(1000, 49999);
    assertThat(OptionsProto.SERVICE_FIELD_NUMBER).isEqualTo(OptionsProto.METHOD_FIELD_NUMBER);
  }
}
