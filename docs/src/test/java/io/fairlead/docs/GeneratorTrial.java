package io.fairlead.docs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** A mistake made with protoc, the one that built the contracts of these tests. */
final class GeneratorTrial {
  private static final Path WORK = Path.of("target", "generator").toAbsolutePath();

  private GeneratorTrial() {}

  static String withoutThePlugin() throws IOException, InterruptedException {
    return refusal("syntax = \"proto3\";\npackage shop.v1;\nmessage Sku {}\n", "--fairlead_out=.");
  }

  /** Of a contract with one method and this option: protoc reads it before it starts a plugin. */
  static String withOption(String imports, String option) throws IOException, InterruptedException {
    include("google/protobuf/descriptor.proto");
    include("fairlead/options.proto");
    String contract =
        """
        syntax = "proto3";
        package shop.v1;
        %s
        message Sku {}
        service Inventory {
          rpc Find(Sku) returns (Sku) {
            %s
          }
        }
        """;
    return refusal(contract.formatted(imports, option), "--java_out=.");
  }

  private static String refusal(String contract, String out)
      throws IOException, InterruptedException {
    Files.createDirectories(WORK);
    Files.writeString(WORK.resolve("shop.proto"), contract);
    ProcessBuilder builder =
        new ProcessBuilder(protoc().toString(), out, "shop.proto")
            .directory(WORK.toFile())
            .redirectErrorStream(true);
    builder.environment().put("PATH", WORK.toString());
    Process process = builder.start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() == 0) {
      throw new AssertionError("protoc should have failed, and said " + said);
    }
    return said;
  }

  private static void include(String name) throws IOException {
    Path file = WORK.resolve(name);
    Files.createDirectories(file.getParent());
    try (InputStream in = GeneratorTrial.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is not on the class path");
      }
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** From the local repository, where the build of the contracts has put it; made executable. */
  private static Path protoc() throws IOException {
    String version = System.getProperty("protoc.version");
    Path folder =
        Path.of(System.getProperty("local.repository"), "com/google/protobuf/protoc", version);
    List<Path> found;
    try (Stream<Path> files = Files.list(folder)) {
      found = files.filter(file -> file.toString().endsWith(".exe")).sorted().toList();
    }
    if (found.size() != 1) {
      throw new IOException("one protoc was expected in " + folder + ", and there are " + found);
    }
    Path copy = WORK.resolve("protoc");
    Files.copy(found.get(0), copy, StandardCopyOption.REPLACE_EXISTING);
    if (!copy.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + copy + " executable");
    }
    return copy;
  }
}
