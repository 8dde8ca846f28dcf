package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code fairlead new} writes and refuses. {@link NewProjectIT} builds and runs a project. */
class NewCommandTest {
  @TempDir private Path folder;
  private final Cli cli = new Cli();

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(each -> folder.relativize(each).toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }

  @Test
  void eachFileIsThereAndNoPlaceholderIsLeft() throws IOException {
    Path project = folder.resolve("desk");
    Cli.Result result =
        cli.run(
            "new", "order-desk", "--package", "com.example.orders", "--directory", "" + project);
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    assertThat(files(project))
        .containsExactly(
            ".dockerignore",
            ".gitignore",
            "Dockerfile",
            "README.md",
            "kubernetes/order-desk.yaml",
            "pom.xml",
            "src/main/java/com/example/orders/Client.java",
            "src/main/java/com/example/orders/Handler.java",
            "src/main/java/com/example/orders/Server.java",
            "src/main/proto/com/example/orders/v1/order_desk.proto",
            "src/test/java/com/example/orders/HandlerTest.java",
            "src/test/java/com/example/orders/ServerTest.java");
    for (String each : files(project)) {
      assertThat(Files.readString(project.resolve(each))).as(each).doesNotContainPattern("@\\w+@");
    }
    assertThat(project.resolve("pom.xml"))
        .content()
        .contains("<groupId>com.example.orders</groupId>", "<artifactId>order-desk</artifactId>")
        .doesNotContain("<fairlead.version>$", "<protobuf.version>$");
    assertThat(project.resolve("src/main/proto/com/example/orders/v1/order_desk.proto"))
        .content()
        .contains("package com.example.orders.v1;", "service OrderDeskService {");
    assertThat(result.out())
        .endsWith("next: cd " + project + " && mvn package && java -jar target/order-desk.jar\n");
  }

  @Test
  void aScriptReadsTheFilesAsJson() {
    Path project = folder.resolve("a");
    JsonObject json =
        JsonParser.parseString(cli.run("new", "a1", "-d", "" + project, "--json").out())
            .getAsJsonObject();
    assertThat(json.get("directory").getAsString()).isEqualTo(project.toString());
    assertThat(json.get("files").getAsJsonArray()).hasSize(12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "new OrderDesk | \"OrderDesk\" is not a name for a project; | did you mean \"order-desk\"?",
        "new order_desk | \"order_desk\" is not a name for a project; | did you mean \"order-desk\"?",
        "new -- -desk | \"-desk\" is not a name | did you mean \"desk\"?",
        "new 42 | \"42\" is not a name for a project; use at most 63 small letters | such as order-desk",
        "new ../desk | \"../desk\" is not a name | did you mean \"desk\"?",
        "new class | \"class\" is not a package for classes; | name one with --package",
        "new desk --package Com.Example | \"Com.Example\" is not a package | such as com.example.orders",
        "new desk --package java.desk | the package java.desk belongs to Java; | --package",
        "new desk --group a/b | \"a/b\" is not a group of Maven; | letters, digits",
        "new desk --pakcage x | unknown option \"--pakcage\"; | did you mean \"--package\"?",
        "new | Missing required parameter: 'NAME'; | fairlead new --help",
      })
  void aNameThatCannotBeUsedIsToldWithItsWayOut(String args, String what, String wayOut)
      throws IOException {
    Path project = folder.resolve("project");
    List<String> all = new ArrayList<>(List.of(args.trim().split(" ", -1)));
    all.addAll(1, List.of("--directory", project.toString()));
    Cli.Result result = cli.run(all.toArray(String[]::new));
    assertThat(result.err()).startsWith("fairlead: " + what.trim()).contains(wayOut.trim());
    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(project).doesNotExist();
  }

  @Test
  void nothingIsEverOverwritten() throws IOException {
    Path mine = Files.writeString(folder.resolve("pom.xml"), "mine");
    Cli.Result result = cli.run("new", "desk", "--directory", folder.toString());
    assertThat(result.err())
        .isEqualTo("fairlead: " + folder + " is not empty; --directory names another folder\n");
    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(mine).hasContent("mine");
    assertThat(files(folder)).containsExactly("pom.xml");
    assertThat(cli.run("new", "desk", "--directory", mine.toString()).err())
        .isEqualTo("fairlead: " + mine + " is a file; --directory names another folder\n");
  }
}
