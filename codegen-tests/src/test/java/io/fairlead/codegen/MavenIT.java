package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generator in a project of Maven's, as docs/codegen.md describes it. */
class MavenIT {
  private static final String SETTING =
      "-Dorg.slf4j.simpleLogger.log.io.github.ascopes.protobufmavenplugin=warn";
  private static final String MISTAKE =
      "bad.proto:2:22: service S: Java cannot spell the package a.default";

  @TempDir Path folder;

  private Commands.Outcome quietBuild() throws Exception {
    if (!Commands.exists("mvn")) {
      throw ToolAssumption.skip("mvn", "apt-get install maven");
    }
    Project.write(
        folder.resolve("pom.xml"),
        """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>quiet</groupId>
          <artifactId>quiet</artifactId>
          <version>1</version>
          <build><plugins><plugin>
            <groupId>io.github.ascopes</groupId>
            <artifactId>protobuf-maven-plugin</artifactId>
            <version>%s</version>
            <configuration>
              <protocVersion>%s</protocVersion>
              <binaryPathPlugins>
                <binaryPathPlugin><name>protoc-gen-fairlead</name></binaryPathPlugin>
              </binaryPathPlugins>
            </configuration>
            <executions><execution><goals><goal>generate</goal></goals></execution></executions>
          </plugin></plugins></build>
        </project>
        """
            .formatted(
                Tools.property("protobuf-maven-plugin.version"), Tools.property("protoc.version")));
    Project.write(
        folder.resolve("src/main/proto/bad.proto"),
        "syntax = \"proto3\"; package a.default;\nmessage Q {} service S { rpc A(Q) returns (Q); }");
    return Commands.run(
        folder,
        Map.of(
            "PATH",
            ExecutableIT.EXECUTABLE.getParent() + File.pathSeparator + System.getenv("PATH"),
            "FAIRLEAD_CACHE",
            folder.resolve("cache").toString()),
        List.of(
            "mvn",
            "-q",
            "-B",
            "-o",
            "-Dmaven.repo.local=" + Tools.property("local.repository"),
            "generate-sources"));
  }

  @Test
  void aQuietBuildShowsTheMistakesOfAContractWithTheSettingOfTheDocs() throws Exception {
    assertThat(Path.of("..", "docs", "codegen.md")).content().contains("\n" + SETTING + "\n");
    assertThat(Path.of("..", ".mvn", "maven.config")).content().contains(SETTING);
    Files.createDirectories(folder.resolve(".mvn"));
    Files.writeString(folder.resolve(".mvn/maven.config"), SETTING + "\n");
    Commands.Outcome outcome = quietBuild();
    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.output()).contains(MISTAKE);
  }
}
