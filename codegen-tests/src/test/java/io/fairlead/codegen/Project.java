package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import io.fairlead.codegen.contract.Contract;
import io.fairlead.codegen.contract.DescriptorPool;
import io.fairlead.codegen.contract.Diagnostics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A user's project: contracts as text, which the real protoc reads and the generator turns into
 * code.
 */
final class Project {
  /** Keeps the request, and answers that it supports editions up to 2024, as the generator does. */
  static final String CAPTURE =
      """
      #!/bin/sh
      cat > "$REQUEST"
      printf '\\020\\003\\030\\346\\007\\040\\351\\007'
      """;

  private final Path folder;
  private final List<String> sources = new ArrayList<>();

  Project(Path folder) {
    this.folder = folder;
  }

  Project file(String name, String text) {
    write(folder.resolve("proto").resolve(name), text);
    sources.add(name);
    return this;
  }

  /** A contract in a file of its own. */
  static Project of(Path folder, String text) {
    return new Project(folder).file("test.proto", text);
  }

  /** What protoc would send to the plugin; protoc's own Java goes to a folder beside. */
  CodeGeneratorRequest request(String parameter) {
    Path capture = folder.resolve("capture.sh");
    Path request = folder.resolve("request.bin");
    write(capture, CAPTURE);
    assertThat(capture.toFile().setExecutable(true)).isTrue();
    List<String> command = new ArrayList<>();
    command.add(Tools.protoc().toString());
    command.add("--proto_path=" + folder.resolve("proto"));
    command.add("--proto_path=" + Tools.includes());
    command.add("--java_out=" + directory("java"));
    command.add("--plugin=protoc-gen-capture=" + capture);
    command.add("--capture_out=" + (parameter.isEmpty() ? "" : parameter + ":") + folder);
    command.addAll(sources);
    try {
      Commands.Outcome outcome =
          Commands.run(folder, Map.of("REQUEST", request.toString()), command);
      assertThat(outcome.code()).as("protoc said: %s", outcome.output()).isZero();
      return CodeGeneratorRequest.parseFrom(Files.readAllBytes(request), Main.extensions());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  CodeGeneratorResponse response() {
    return Generator.run(request(""));
  }

  /** The mistakes that the generator found, one a line, without the line that counts them. */
  List<String> mistakes() {
    CodeGeneratorResponse response = response();
    assertThat(response.getFileList()).as("files beside an error").isEmpty();
    List<String> lines = response.getError().lines().toList();
    assertThat(lines).as("the error").isNotEmpty();
    assertThat(lines.get(0)).matches("(1 mistake|\\d+ mistakes) in the contract, no code written:");
    return lines.subList(1, lines.size());
  }

  /** What the generator warns of in a contract without mistakes. */
  List<String> warnings(String parameter) {
    Parameters parameters = Parameters.parse(parameter);
    Diagnostics diagnostics = new Diagnostics(parameters.java());
    Contract.read(new DescriptorPool(request(parameter)), parameters.names(), diagnostics);
    assertThat(diagnostics.isEmpty()).isTrue();
    return diagnostics.warnings();
  }

  /** The files that the generator writes, by name. */
  Map<String, String> files() {
    return files("");
  }

  private Map<String, String> files(String parameter) {
    CodeGeneratorResponse response = Generator.run(request(parameter));
    assertThat(response.getError()).isEmpty();
    Map<String, String> files = new LinkedHashMap<>();
    response.getFileList().forEach(file -> files.put(file.getName(), file.getContent()));
    assertThat(files).as("each file once").hasSize(response.getFileCount());
    return files;
  }

  /**
   * Generates, and compiles all of it with every warning as an error. Gives a way to load the
   * classes.
   */
  Compiled compile() {
    return compile("");
  }

  /** The same, with parameters for the generator. */
  Compiled compile(String parameter) {
    Map<String, String> files = files(parameter);
    Path generated = directory("generated");
    List<Path> ours = new ArrayList<>();
    files.forEach(
        (name, text) -> {
          assertThat(text.replaceAll("(?s)/\\*\\*.*?\\*/", "")).as(name).isASCII();
          write(generated.resolve(name), text);
          if (name.endsWith(".java")) {
            ours.add(generated.resolve(name));
          }
        });
    Path messages = directory("messages");
    assertThat(Javac.lax(javaFiles(directory("java")), messages, List.of()))
        .as("protoc's own code")
        .isEmpty();
    Path classes = directory("classes");
    if (!ours.isEmpty()) {
      assertThat(Javac.strict(ours, classes, List.of(messages))).as("%s", files).isEmpty();
    }
    return new Compiled(List.of(messages, classes), files);
  }

  private Path directory(String name) {
    try {
      return Files.createDirectories(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> javaFiles(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Code that compiled.
   *
   * @param files what the generator wrote
   */
  record Compiled(List<Path> classPath, Map<String, String> files) {
    Class<?> load(String name) throws ReflectiveOperationException, IOException {
      URL[] urls = new URL[classPath.size()];
      for (int i = 0; i < urls.length; i++) {
        urls[i] = classPath.get(i).toUri().toURL();
      }
      // Not closed: the classes load others while tests use them.
      return Class.forName(name, true, new URLClassLoader(urls, Project.class.getClassLoader()));
    }

    /** Whether there is a class of that binary name. */
    boolean exists(String name) {
      return classPath.stream()
          .anyMatch(root -> Files.exists(root.resolve(name.replace('.', '/') + ".class")));
    }

    String file(String name) {
      return Objects.requireNonNull(
          files.get(name), () -> name + " is not among " + files.keySet());
    }
  }
}
