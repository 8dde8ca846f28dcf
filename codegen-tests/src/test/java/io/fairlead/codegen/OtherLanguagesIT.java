package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A contract with our options, and options.proto itself, unchanged through the generators of other
 * languages.
 */
class OtherLanguagesIT {
  /** What the contract says, as every language must be able to read it. */
  private static final String NUMBER = "1390";

  @TempDir Path folder;

  @BeforeEach
  void copyTheContract() throws IOException {
    Files.createDirectories(folder.resolve("shop/v1"));
    Files.copy(
        Path.of("src/main/proto/shop/v1/inventory.proto"),
        folder.resolve("shop/v1/inventory.proto"));
    Files.createDirectories(folder.resolve("out"));
  }

  /** Runs protoc, and gives the file that it wrote for options.proto. */
  private String generated(String protoc, String written, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(protoc);
    command.add("-I" + Tools.includes());
    command.add("-I.");
    command.addAll(List.of(arguments));
    command.add("fairlead/options.proto");
    command.add("shop/v1/inventory.proto");
    Peers.run(folder, Map.of(), command);
    return Files.readString(folder.resolve("out").resolve(written));
  }

  @Test
  void theProtocOfDebianWritesCppAndPython() throws Exception {
    String protoc = Peers.protocOfTheMachine();
    System.out.println(Peers.run(folder, Map.of(), List.of(protoc, "--version")).strip());
    assertThat(generated(protoc, "fairlead/options.pb.h", "--cpp_out=out")).contains(NUMBER);
    assertThat(generated(protoc, "fairlead/options_pb2.py", "--python_out=out"))
        .contains("fairlead/options.proto");
    assertThat(folder.resolve("out/shop/v1/inventory.pb.cc")).exists();
    assertThat(folder.resolve("out/shop/v1/inventory_pb2.py")).exists();
  }

  @Test
  void theNewestProtocWritesCppAndPython() throws Exception {
    String protoc = Tools.protoc().toString();
    assertThat(generated(protoc, "fairlead/options.pb.h", "--cpp_out=out")).contains(NUMBER);
    assertThat(generated(protoc, "fairlead/options_pb2.pyi", "--python_out=out", "--pyi_out=out"))
        .contains("class Policy");
  }

  @Test
  @Tag("polyglot")
  void rustsProstWritesThePolicy() throws Exception {
    Path plugin = Peers.protocGenProst();
    assertThat(
            generated(
                Tools.protoc().toString(),
                "fairlead/fairlead.rs",
                "--plugin=" + plugin,
                "--prost_out=out"))
        .contains("pub struct Policy");
    assertThat(folder.resolve("out/shop/v1/shop.v1.rs")).exists();
  }

  @Test
  void goPutsItWhereItsGoPackageSays() throws Exception {
    Path plugin = Peers.protocGenGo();
    String go =
        generated(
            Tools.protoc().toString(),
            "fairlead.io/go/fairlead/options.pb.go",
            "--plugin=" + plugin,
            "--go_opt=Mshop/v1/inventory.proto=shop.example/shop/v1",
            "--go_out=out");
    assertThat(go).contains("package fairlead\n", "E_Service", "E_Method", NUMBER);
  }

  @Test
  void nodeReadsThePolicyOfTheContract() throws Exception {
    Path npm = Peers.npm();
    generated(
        Tools.protoc().toString(),
        "fairlead/options_pb.js",
        "--plugin=" + npm.resolve("node_modules/.bin/protoc-gen-es"),
        "--es_opt=target=js,import_extension=js",
        "--es_out=out");
    Files.createSymbolicLink(folder.resolve("node_modules"), npm.resolve("node_modules"));
    Files.writeString(folder.resolve("package.json"), "{\"type\": \"module\"}");
    Files.writeString(
        folder.resolve("read.js"),
        """
        import { getOption } from "@bufbuild/protobuf";
        import { Inventory } from "./out/shop/v1/inventory_pb.js";
        import { method, service } from "./out/fairlead/options_pb.js";
        const reserve = getOption(Inventory.method.reserve, method);
        console.log(getOption(Inventory, service).deadline, reserve.deadline, reserve.retry.attempts);
        """);
    assertThat(Peers.run(folder, Map.of(), List.of("node", "read.js"))).isEqualTo("2s 300ms 3\n");
  }
}
