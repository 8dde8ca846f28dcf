package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse.Feature;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plugin's side of protoc's protocol. */
class ProtocolTest {
  private static final String GOOD =
      "syntax = \"proto3\"; package shop; message Q {} service S { rpc A(Q) returns (Q); }";
  private static final String BAD =
      "syntax = \"proto3\"; package shop; import \"fairlead/options.proto\"; message Q {}"
          + " service S { rpc A(Q) returns (Q) { option (fairlead.method).deadline = \"soon\"; } }";

  @TempDir Path folder;

  @Test
  void featuresAndEditionsAreStatedOnSuccessAndOnError() {
    for (String text : new String[] {GOOD, BAD}) {
      CodeGeneratorResponse response = Project.of(folder, text).response();
      assertThat(response.getSupportedFeatures())
          .isEqualTo(
              Feature.FEATURE_PROTO3_OPTIONAL_VALUE | Feature.FEATURE_SUPPORTS_EDITIONS_VALUE);
      assertThat(response.getMinimumEdition()).isEqualTo(Edition.EDITION_PROTO2_VALUE);
      assertThat(response.getMaximumEdition()).isEqualTo(Edition.EDITION_2024_VALUE);
      assertThat(response.hasError()).isEqualTo(text.equals(BAD));
    }
  }

  @Test
  void everyEditionUpToTheNewestCompiles() {
    for (String syntax :
        new String[] {
          "syntax = \"proto2\";",
          "syntax = \"proto3\";",
          "edition = \"2023\";",
          "edition = \"2024\";"
        }) {
      String name = syntax.replaceAll("\\W", "");
      Project.of(
              folder.resolve(name),
              syntax + " package shop; message Q {} service S { rpc A(Q) returns (Q); }")
          .compile();
    }
  }

  @Test
  void unknownParametersAreRefused() {
    CodeGeneratorRequest request = Project.of(folder, GOOD).request("javva=false");
    CodeGeneratorResponse response = Generator.run(request);
    assertThat(response.getError())
        .isEqualTo(
            "unknown parameter \"javva\"; did you mean \"java\"? there are: java, java_name,"
                + " java_suffix, service_config");
    assertThat(response.getFileList()).isEmpty();
    assertThat(response.getSupportedFeatures()).isPositive();
  }

  @Test
  void aParameterTakesTrueOrFalse() {
    CodeGeneratorResponse response =
        Generator.run(Project.of(folder, GOOD).request("service_config=maybe"));
    assertThat(response.getError())
        .isEqualTo(
            "parameter service_config=maybe: write service_config=true or service_config=false");
  }

  @Test
  void theServiceConfigIsWrittenUnlessToldOtherwise() {
    CodeGeneratorRequest request = Project.of(folder, GOOD).request("");
    assertThat(names(Generator.run(request))).contains("shop/S.service_config.json").hasSize(4);
    request = request.toBuilder().setParameter("service_config=false").build();
    assertThat(names(Generator.run(request))).hasSize(3).allMatch(name -> name.endsWith(".java"));
    request = request.toBuilder().setParameter("java=false,service_config").build();
    assertThat(names(Generator.run(request))).containsExactly("shop/S.service_config.json");
  }

  private static Iterable<String> names(CodeGeneratorResponse response) {
    return response.getFileList().stream().map(CodeGeneratorResponse.File::getName).toList();
  }

  @Test
  void strippedDescriptorsAreEnough() {
    CodeGeneratorRequest request = Project.of(folder, "// Kept.\n" + GOOD).request("");
    CodeGeneratorRequest.Builder stripped = request.toBuilder().clearSourceFileDescriptors();
    for (FileDescriptorProto.Builder file : stripped.getProtoFileBuilderList()) {
      file.clearSourceCodeInfo();
    }
    assertThat(names(Generator.run(stripped.build()))).isEqualTo(names(Generator.run(request)));
  }

  @Test
  void mistakesWithoutSourceInfoNameTheFile() {
    CodeGeneratorRequest.Builder stripped =
        Project.of(folder, BAD).request("").toBuilder().clearSourceFileDescriptors();
    for (FileDescriptorProto.Builder file : stripped.getProtoFileBuilderList()) {
      file.clearSourceCodeInfo();
    }
    assertThat(Generator.run(stripped.build()).getError())
        .contains("\ntest.proto: rpc S.A: deadline");
  }

  @Test
  void filesThatWereImportedForTheirOptionsMayBeAbsent() {
    CodeGeneratorRequest request =
        new Project(folder)
            .file(
                "custom.proto",
                """
                edition = "2024"; package custom;
                import "google/protobuf/descriptor.proto";
                extend google.protobuf.MethodOptions { string note = 50123; }
                """)
            .file(
                "test.proto",
                """
                edition = "2024"; package shop;
                import option "custom.proto";
                import option "fairlead/options.proto";
                message Q {}
                service S { rpc A(Q) returns (Q) { option (custom.note) = "x"; option (fairlead.method).deadline = "1s"; } }
                """)
            .request("");
    CodeGeneratorRequest.Builder without = request.toBuilder().clearProtoFile();
    for (FileDescriptorProto file : request.getProtoFileList()) {
      if (file.getName().equals("test.proto")) {
        without.addProtoFile(file);
      }
    }
    without.clearFileToGenerate().addFileToGenerate("test.proto").clearSourceFileDescriptors();
    CodeGeneratorResponse response = Generator.run(without.build());
    assertThat(response.getError()).isEmpty();
    assertThat(response.getFile(2).getContent()).contains(".deadline(Duration.ofSeconds(1))");
  }

  @Test
  void theSameInputGivesTheSameBytes() {
    CodeGeneratorRequest request = Project.of(folder, GOOD).request("");
    assertThat(Generator.run(request).toByteString())
        .isEqualTo(Generator.run(request).toByteString());
  }

  @Test
  void outputHoldsNoPathsTimesOrInsertionPointsAndOnlyLineFeeds() {
    for (CodeGeneratorResponse.File file : Project.of(folder, GOOD).response().getFileList()) {
      assertThat(file.getInsertionPoint()).isEmpty();
      assertThat(file.getContent())
          .doesNotContain(folder.toString(), "\r", "\t", "@@protoc_insertion_point")
          .doesNotContain("20" + java.time.Year.now(java.time.ZoneOffset.UTC).getValue() % 100)
          .endsWith("\n");
    }
  }

  @Test
  void filesOfOnePackageDoNotDependOnBeingGeneratedTogether() {
    Project project =
        new Project(folder)
            .file(
                "a.proto",
                "syntax = \"proto3\"; package shop; message A {} service SA { rpc Go(A) returns (A); }")
            .file(
                "b.proto",
                "syntax = \"proto3\"; package shop; message B {} service SB { rpc Go(B) returns (B); }");
    CodeGeneratorRequest both = project.request("");
    CodeGeneratorResponse.Builder apart = CodeGeneratorResponse.newBuilder();
    for (String file : both.getFileToGenerateList()) {
      apart.addAllFile(
          Generator.run(both.toBuilder().clearFileToGenerate().addFileToGenerate(file).build())
              .getFileList());
    }
    assertThat(apart.getFileList()).isEqualTo(Generator.run(both).getFileList());
  }
}
