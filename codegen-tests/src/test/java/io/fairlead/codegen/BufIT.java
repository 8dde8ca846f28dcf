package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plugin as buf runs it, set up as docs/codegen.md says. */
class BufIT {
  @TempDir Path folder;

  @BeforeEach
  void setUp() throws IOException {
    Files.createDirectories(folder.resolve("fairlead"));
    Files.copy(
        Tools.includes().resolve("fairlead/options.proto"),
        folder.resolve("fairlead/options.proto"));
    Files.writeString(folder.resolve("buf.yaml"), "version: v2\n");
  }

  private Commands.Outcome generate(String plugin) throws IOException, InterruptedException {
    Path buf = Peers.npm().resolve("node_modules/.bin/buf");
    Files.writeString(
        folder.resolve("buf.gen.yaml"),
        """
        version: v2
        plugins:
          - local: %s
            out: gen
        """
            .formatted(plugin));
    return Commands.run(
        folder,
        Map.of(
            "PATH",
            ExecutableIT.EXECUTABLE.getParent() + File.pathSeparator + System.getenv("PATH"),
            "BUF_CACHE_DIR",
            folder.resolve("cache").toString(),
            "FAIRLEAD_CACHE",
            folder.resolve("cache").toString()),
        List.of(buf.toString(), "generate"));
  }

  private void assertGenerates(String plugin) throws IOException, InterruptedException {
    Project.write(
        folder.resolve("shop/v1/inventory.proto"),
        Files.readString(Path.of("src/main/proto/shop/v1/inventory.proto")));
    assertThat(generate(plugin)).isEqualTo(new Commands.Outcome(0, ""));
    assertThat(folder.resolve("gen/shop/v1/InventoryRpc.java"))
        .hasSameTextualContentAs(
            Path.of("src/test/golden/inventory/shop/v1/InventoryRpc.java").toAbsolutePath());
  }

  @Test
  void bufRunsThePluginFromThePath() throws Exception {
    assertGenerates("protoc-gen-fairlead");
  }

  @Test
  void bufRunsThePluginJar() throws Exception {
    Path jar = ExecutableIT.allJar();
    assertGenerates("[\"java\", \"-jar\", \"" + jar + "\"]");
  }

  @Test
  void bufShowsContractErrors() throws Exception {
    Project.write(
        folder.resolve("shop/v1/bad.proto"),
        """
        syntax = "proto3";
        package shop.v1;
        import "fairlead/options.proto";
        message Q {}
        service S {
          rpc A(Q) returns (Q) { option (fairlead.method).deadline = "soon"; }
        }
        """);
    Commands.Outcome outcome = generate("protoc-gen-fairlead");
    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.output()).contains("shop/v1/bad.proto:6:", "\"soon\"");
    assertThat(folder.resolve("gen/shop")).doesNotExist();
  }
}
