package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import shop.v1.ReserveRequest;

@Timeout(60)
class CallCommandTest {
  private static Fleet fleet;
  private static Fleet.Node a;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    fleet = new Fleet();
    a = fleet.start("a");
  }

  @AfterAll
  static void close() {
    fleet.close();
  }

  private static Cli.Result call(String... args) {
    List<String> all = new ArrayList<>(List.of("call"));
    all.addAll(List.of(args));
    return Cli.of(fleet).run(all.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop.v1.Inventory/Reserve", "Inventory/Reserve", "Reserve"})
  void aMethodIsCalledByEachOfItsNames(String method) {
    Cli.Result result = call("inventory", method, "{\"sku\":\"rope\",\"quantity\":2}", "--json");
    assertThat(result)
        .isEqualTo(new Cli.Result(0, "{\"id\":\"r-rope\",\"sku\":\"rope\",\"quantity\":2}\n", ""));
  }

  @Test
  void aTargetIsAServiceAnAddressOrAUrl() {
    for (String target : List.of("inventory", a.address(), fleet.url() + "/inventory")) {
      assertThat(call(target, "Reserve", "{\"sku\":\"rope\"}", "--json").out())
          .as(target)
          .startsWith("{\"id\":\"r-rope\"");
    }
  }

  @Test
  void aStreamOfResponsesIsALineEach() {
    assertThat(call("inventory", "Watch", "{\"skus\":[\"a\",\"bb\"]}", "--json").out().lines())
        .containsExactly(
            "{\"sku\":\"a\",\"quantity\":\"1\"}", "{\"sku\":\"bb\",\"quantity\":\"2\"}");
  }

  @Test
  void aStreamOfRequestsIsOneObjectAfterTheOther() throws Exception {
    assertThat(call("inventory", "Import", "{\"sku\":\"a\"}{\"sku\":\"b\"}", "--json").out())
        .isEqualTo("{\"accepted\":2}\n");
    Path file = Files.writeString(folder.resolve("levels.json"), "{}\n{}\n{}\n");
    assertThat(call("inventory", "Import", "@" + file, "--json").out())
        .isEqualTo("{\"accepted\":3}\n");
    assertThat(
            Cli.of(fleet).typing("{} {}").run("call", "inventory", "Import", "-", "--json").out())
        .isEqualTo("{\"accepted\":2}\n");
    assertThat(call("inventory", "Import", "--json").out()).isEqualTo("{}\n");
  }

  @Test
  void aPersonTalksToAStreamOfBothDirections() throws Exception {
    PipedOutputStream typed = new PipedOutputStream();
    PipedInputStream in = new PipedInputStream(typed);
    PipedOutputStream written = new PipedOutputStream();
    BufferedReader answers =
        new BufferedReader(new InputStreamReader(new PipedInputStream(written), UTF_8));
    Terminal terminal =
        new Terminal(
            in,
            new PrintStream(written, true, UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), true, UTF_8),
            Map.of("FAIRLEAD_REGISTRY", fleet.url())::get,
            InstantSource.system(),
            false);
    Thread command =
        new Thread(() -> Main.run(terminal, "call", "inventory", "Sync", "-", "--json"));
    command.start();
    try (Writer writer = new OutputStreamWriter(typed, UTF_8)) {
      for (int i = 1; i <= 3; i++) {
        writer.write("{\"sku\":\"s\",\"quantity\":" + i + "}\n");
        writer.flush();
        // Before the next is typed.
        assertThat(answers.readLine())
            .isEqualTo("{\"sku\":\"s\",\"quantity\":\"" + (i + 1) + "\"}");
      }
    }
    command.join();
  }

  @Test
  void theMethodsOfAServerAreListed() {
    assertThat(call("inventory").out())
        .contains("shop.v1.Inventory/Reserve ")
        .containsPattern("shop.v1.Inventory/Sync +stream StockLevel +stream StockLevel")
        .doesNotContain("grpc.reflection");
    assertThat(JsonParser.parseString(call("inventory", "--json").out()).getAsJsonArray())
        .anySatisfy(
            each ->
                assertThat(each.getAsJsonObject().get("method").getAsString())
                    .isEqualTo("shop.v1.Inventory/Watch"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Resrve | {} | 3 | no method \"Resrve\"; did you mean \"Reserve\"?",
        "shop.v1.Inventry/Reserve | {} | 3 | did you mean \"shop.v1.Inventory/Reserve\"?",
        "Frobnicate | {} | 3 | there is ",
        "Reserve | {\"skuu\":\"a\"} | 2 | Cannot find field: skuu in message"
            + " shop.v1.ReserveRequest; did you mean \"sku\"?",
        "Reserve | {\"zzz\":1} | 2 | there is orderId, quantity, sku",
        "Reserve | {\"sku\": | 2 | request 1 is not JSON",
        "Reserve | {}{} | 2 | shop.v1.Inventory/Reserve takes one request, and the input has more",
        "Reserve | {\"quantity\":-1} | 2 | request 1 is not a shop.v1.ReserveRequest",
        "Import | {}{\"skuu\":1} | 2 | request 2 is not a shop.v1.StockLevel",
        "Reserve | @none.json | 2 | the file none.json cannot be read",
        "Reserve | {\"sku\":\"broken\"} | 1 | FAILED_PRECONDITION: the shelf is on fire",
      })
  void aFailureIsToldWithItsWayOut(String method, String json, int exit, String expected) {
    Cli.Result result = call("inventory", method, json);
    assertThat(result.err()).startsWith("fairlead: ").contains(expected);
    assertThat(result.err()).doesNotContain("\tat ");
    assertThat(result.exit()).isEqualTo(exit);
  }

  @Test
  void detailsOfAFailureAreReadable() {
    Cli.Result result = call("inventory", "Reserve", "{\"sku\":\"broken\"}");
    assertThat(result.err())
        .contains(
            "google.rpc.ErrorInfo",
            "\n    \"reason\": \"FIRE\"\n  }\n",
            "--explain shows each attempt");
    JsonObject failure =
        JsonParser.parseString(call("inventory", "Reserve", "{\"sku\":\"broken\"}", "--json").err())
            .getAsJsonObject();
    assertThat(failure.get("code").getAsString()).isEqualTo("FAILED_PRECONDITION");
    assertThat(failure.get("error").getAsString()).isEqualTo("the shelf is on fire");
    assertThat(failure.get("exit").getAsInt()).isEqualTo(1);
    assertThat(
            failure
                .get("details")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject()
                .get("reason")
                .getAsString())
        .isEqualTo("FIRE");
  }

  @Test
  void anExplanationShowsEachAttemptAndTheContractsPolicy() {
    Cli.Result result = call("inventory", "Reserve", "{\"sku\":\"rope\"}", "--explain");
    assertThat(result.exit()).isZero();
    assertThat(result.out()).contains("\"id\": \"r-rope\"");
    assertThat(result.err())
        .contains("shop.v1.Inventory/Reserve on registry:///inventory: OK")
        .contains("attempt 1 at", a.address())
        .contains("deadline 300ms (contract)");
  }

  @Test
  void anExplanationIsJsonToo() {
    JsonObject story =
        JsonParser.parseString(call("inventory", "Reserve", "{}", "--explain", "--json").err())
            .getAsJsonObject();
    assertThat(story.get("code").getAsString()).isEqualTo("OK");
    assertThat(story.get("explanation").getAsString()).contains("attempt 1");
  }

  @Test
  void theDeadlineOfTheContractHoldsAndAnotherOneCanBeGiven() {
    // The handler waits for longer than each of them.
    Cli.Result contract = call("inventory", "Reserve", "{\"sku\":\"slow\"}", "--explain");
    assertThat(contract.exit()).isEqualTo(1);
    assertThat(contract.err()).contains("DEADLINE_EXCEEDED", " of 300ms (contract)");
    Cli.Result own =
        call("inventory", "Reserve", "{\"sku\":\"slow\"}", "--deadline", "50ms", "--explain");
    assertThat(own.err()).contains("DEADLINE_EXCEEDED", " of 50ms (call");
  }

  @Test
  void aTokenAndHeadersAreSent() throws Exception {
    Cli.Result refused = call("inventory", "fairlead.admin.v1.Admin/GetState");
    assertThat(refused.exit()).as(refused.err()).isEqualTo(ExitCode.REFUSED);
    assertThat(
            call(
                    "inventory",
                    "Admin/GetState",
                    "--json",
                    "-H",
                    "authorization: Bearer " + Fleet.READER)
                .out())
        .contains("\"servers\":[{\"name\":\"inventory\"");
    Path token = Files.writeString(folder.resolve("token"), Fleet.READER + "\n");
    assertThat(
            call("inventory", "Admin/GetState", "--json", "--token-file", token.toString()).exit())
        .isZero();
  }

  @Test
  void aDescriptorSetStandsInForReflection() throws Exception {
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    add(ReserveRequest.getDescriptor().getFile(), set, new ArrayList<>());
    Path file = Files.write(folder.resolve("shop.pb"), set.build().toByteArray());
    assertThat(
            call(
                    "inventory",
                    "Reserve",
                    "{\"sku\":\"rope\"}",
                    "--json",
                    "--descriptors",
                    file.toString())
                .out())
        .startsWith("{\"id\":\"r-rope\"");
    Cli.Result missing = call("inventory", "Reserve", "{}", "--descriptors", "none.pb");
    assertThat(missing.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(missing.err()).contains("the descriptor set none.pb cannot be read");
  }

  private static void add(FileDescriptor file, FileDescriptorSet.Builder set, List<String> done) {
    if (!done.contains(file.getName())) {
      done.add(file.getName());
      file.getDependencies().forEach(each -> add(each, set, done));
      set.addFile(file.toProto());
    }
  }

  @Test
  void nobodyThereIsUnreachable() {
    Cli.Result result = call("127.0.0.1:1", "Reserve", "{}");
    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .startsWith("fairlead: the contract of 127.0.0.1:1 cannot be read: reflection failed with")
        .contains("--descriptors reads a file");
  }
}
