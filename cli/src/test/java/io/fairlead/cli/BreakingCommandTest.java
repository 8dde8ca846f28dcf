package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.options.OptionsProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import shop.v1.ReserveRequest;

/**
 * What {@code fairlead breaking} says of policies, of its arguments, and of what it cannot read.
 */
class BreakingCommandTest {
  private static final String HEAD =
      """
      syntax = "proto3";

      package shop.v1;

      import "fairlead/options.proto";

      message Order {
        string id = 1;
      }

      """;

  @TempDir private Path folder;
  private final Cli cli = new Cli();

  @BeforeEach
  void needProtoc() {
    BreakingCorpus.needProtoc();
  }

  private String contract(String state, String text) throws IOException {
    Path file = folder.resolve(state).resolve("shop.proto");
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return folder.resolve(state).toString();
  }

  /** A unary method with these options, on line 12. */
  private String method(String state, String options) throws IOException {
    return contract(
        state,
        HEAD + "service Shop {\n  rpc Buy(Order) returns (Order) {\n    " + options + "\n  }\n}\n");
  }

  private String policy(String state, String policy) throws IOException {
    return method(
        state,
        "option idempotency_level = IDEMPOTENT; option (fairlead.method) = { " + policy + " };");
  }

  private Cli.Result compare(String old, String now, String... more) {
    String[] args = new String[5 + more.length];
    System.arraycopy(new String[] {"breaking", old, now, "--category", "POLICY"}, 0, args, 0, 5);
    System.arraycopy(more, 0, args, 5, more.length);
    return cli.run(args);
  }

  /** What a method states, what it states afterwards, and what is said of it. */
  private static final String[][] BREAKING = {
    {
      "deadline: \"2s\"",
      "deadline: \"300ms\"",
      "DEADLINE_NO_SHORTEN: the deadline of METHOD went from 2s to 300ms"
    },
    {
      "",
      "deadline: \"300ms\"",
      "DEADLINE_NO_SHORTEN: the deadline of METHOD went from none to 300ms"
    },
    {"retry: { attempts: 3 }", "", "RETRY_NO_WEAKEN: METHOD was retried and is not"},
    {
      "retry: { }",
      "retry: { attempts: 2 }",
      "RETRY_NO_WEAKEN: the attempts of METHOD went from 3 to 2"
    },
    {
      "retry: { codes: [UNAVAILABLE, ABORTED] }",
      "retry: { }",
      "RETRY_NO_WEAKEN: METHOD is no longer retried after [ABORTED]"
    },
    {
      "retry: { per_attempt: \"1s\" }",
      "retry: { per_attempt: \"1ms\" }",
      "RETRY_NO_WEAKEN: the time per attempt of METHOD went from 1s to 1ms"
    },
    {"hedging: { delay: \"1s\" }", "", "HEDGING_NO_WEAKEN: METHOD was hedged and is not"},
    {
      "hedging: { delay: \"1s\" attempts: 3 }",
      "hedging: { delay: \"1s\" }",
      "HEDGING_NO_WEAKEN: the hedged attempts of METHOD went from 3 to 2"
    },
    {
      "balancer: MAGLEV hash_key: \"id\"",
      "",
      "HASH_KEY_SAME: the hash key of METHOD went from id to none"
    },
    {
      "balancer: MAGLEV hash_key: \"id\"",
      "balancer: CONSISTENT_HASH hash_key: \"id\"",
      "BALANCER_SAME: the balancer of METHOD went from MAGLEV to CONSISTENT_HASH"
    },
    {
      "balancer: STICKY",
      "",
      "BALANCER_SAME: the balancer of METHOD went from STICKY to LEAST_REQUEST"
    },
    {"auth_scopes: [\"a\"]", "auth_scopes: [\"a\", \"b\"]", "SCOPES_NO_ADD: METHOD needs [b] too"},
    {"public: true", "public: false", "PUBLIC_NO_DELETE: METHOD was public and is not"},
    {
      "",
      "max_request_bytes: 1024",
      "MAX_REQUEST_NO_LOWER: the largest request of METHOD went from 4194304 bytes to 1024 bytes"
    },
    {
      "max_response_bytes: 4000000000",
      "max_response_bytes: 5000000",
      "MAX_RESPONSE_NO_LOWER: the largest response of METHOD went from 4000000000 bytes to 5000000"
          + " bytes"
    },
    {
      "wait_for_ready: true",
      "",
      "WAIT_FOR_READY_NO_DELETE: METHOD waited for a connection and does not"
    },
    {
      "",
      "priority: SHEDDABLE",
      "PRIORITY_NO_LOWER: the priority of METHOD went from NORMAL to SHEDDABLE"
    },
    {
      "failure_mode: FAILSAFE",
      "",
      "FAILURE_MODE_SAME: the failure mode of METHOD went from FAILSAFE to FAILOVER"
    },
    {
      "",
      "compression: \"zstd\"",
      "COMPRESSION_KNOWN: the compression of METHOD went from none to zstd"
    },
    {
      "cache: { stale_if_error: \"5m\" }",
      "cache: { stale_if_error: \"1m\" }",
      "CACHE_NO_WEAKEN: the age of responses that replace failures of METHOD went from 5m to 1m"
    },
    {
      "cache: { stale_if_error: \"5m\" }",
      "",
      "CACHE_NO_WEAKEN: the age of responses that replace failures of METHOD went from 5m to none"
    },
    {
      "cache: { stale_if_error: \"5m\" vary: [\"authorization\", \"x-tenant\"] }",
      "cache: { stale_if_error: \"5m\" vary: [\"authorization\"] }",
      "CACHE_NO_WEAKEN: METHOD no longer tells calls apart by [x-tenant]"
    },
    {
      "",
      "live: { deadline: { min: \"50ms\" max: \"5s\" } }",
      "LIVE_NO_NARROW: live.deadline of METHOD allowed everything and allows 50ms to 5s"
    },
    {
      "live: { retry: { attempts: { max: 4 } } }",
      "live: { retry: { attempts: { max: 3 } } }",
      "LIVE_NO_NARROW: live.retry.attempts of METHOD allowed at most 4 and allows at most 3"
    },
  };

  /** What asks no more of callers than before. */
  private static final String[][] HARMLESS = {
    {"deadline: \"300ms\"", "deadline: \"2s\""},
    {"deadline: \"1000ms\"", "deadline: \"1s\""},
    {"deadline: \"300ms\"", ""},
    {"", "retry: { attempts: 5 }"},
    {"retry: { attempts: 3 }", "hedging: { delay: \"10ms\" attempts: 3 }"},
    {"retry: { codes: [UNAVAILABLE] }", "retry: { codes: [ABORTED, UNAVAILABLE] }"},
    {"balancer: ROUND_ROBIN", "balancer: RANDOM"},
    {"", "balancer: MAGLEV hash_key: \"id\""},
    {"auth_scopes: [\"a\", \"b\"]", "auth_scopes: [\"b\"]"},
    {"", "public: true"},
    {"max_request_bytes: 1024", ""},
    {"", "wait_for_ready: true"},
    {"priority: NORMAL", "priority: HIGH"},
    {"compression: \"gzip\"", ""},
    {"", "compression: \"gzip\""},
    {"cache: { stale_if_error: \"1m\" }", "cache: { stale_if_error: \"5m\" vary: [\"a\"] }"},
    {"", "cache: { stale_if_error: \"1m\" }"},
    {"cache: { stale_if_error: \"60s\" }", "cache: { stale_if_error: \"1m\" }"},
    {"live: { deadline: { max: \"1s\" } }", "live: { deadline: { max: \"1000ms\" } }"},
    {"live: { deadline: { min: \"50ms\" } }", ""},
    {"route: { value: \"2\" percent: 10 }", "route: { value: \"2\" percent: 90 }"},
  };

  /** One contract with a method for each row: a start of protoc for each would take seconds. */
  private String table(String state, String[][] rows, int column) throws IOException {
    StringBuilder text = new StringBuilder(HEAD + "service Shop {\n");
    for (int i = 0; i < rows.length; i++) {
      text.append("  rpc Row").append(i).append("(Order) returns (Order) {\n");
      text.append("    option idempotency_level = IDEMPOTENT;\n");
      text.append("    option (fairlead.method) = { ").append(rows[i][column]).append(" };\n  }\n");
    }
    return contract(state, text + "}\n");
  }

  @Test
  void aPolicyThatFailsCallsOfAnUnchangedCallerIsFound() throws IOException {
    Cli.Result result = compare(table("old", BREAKING, 0), table("new", BREAKING, 1));
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    for (int i = 0; i < BREAKING.length; i++) {
      String method = "shop.v1.Shop/Row" + i + " ";
      assertThat(result.out().lines().filter(line -> line.contains(method)))
          .as(BREAKING[i][2])
          .singleElement()
          .asString()
          .startsWith("shop.proto:")
          .contains(": POLICY_" + BREAKING[i][2].replace("METHOD ", method))
          .contains("; "); // its way out
    }
    assertThat(result.out()).endsWith("\n" + BREAKING.length + " breaking changes\n");
  }

  @Test
  void aPolicyThatAsksLessOfCallersIsNone() throws IOException {
    Cli.Result result = compare(table("old", HARMLESS, 0), table("new", HARMLESS, 1));
    assertThat(result.out()).isEqualTo("no breaking change\n");
    assertThat(result.exit()).isZero();
  }

  @Test
  void aPolicyOfTheServiceCountsWhereItIsInForce() throws IOException {
    String shape =
        HEAD
            + """
            service Shop {
              option (fairlead.service).deadline = "%s";
              rpc Own(Order) returns (Order) { option (fairlead.method).deadline = "2s"; }
              rpc Inherits(Order) returns (Order);
              rpc Stream(Order) returns (stream Order);
            }
            """;
    Cli.Result result =
        compare(contract("old", shape.formatted("5s")), contract("new", shape.formatted("1s")));
    assertThat(result.out())
        .isEqualTo(
            "shop.proto:12:3: POLICY_DEADLINE_NO_SHORTEN: the deadline of shop.v1.Shop/Inherits"
                + " went from 5s to 1s: calls that take longer fail with DEADLINE_EXCEEDED; keep"
                + " the deadline; a caller in a hurry sets a shorter one on its call\n"
                + "1 breaking change\n");
  }

  @ParameterizedTest
  @CsvSource({
    "NO_SIDE_EFFECTS, IDEMPOTENT, callers may have cached its responses",
    "IDEMPOTENT, IDEMPOTENCY_UNKNOWN, callers with the old contract still retry it"
  })
  void idempotencyThatIsTakenAwayIsFound(String old, String now, String why) throws IOException {
    String before = method("old", "option idempotency_level = " + old + ";");
    String after = method("new", "option idempotency_level = " + now + ";");
    assertThat(compare(before, after).out())
        .startsWith("shop.proto:13:5: POLICY_IDEMPOTENCY_NO_WEAKEN: shop.v1.Shop/Buy was " + old)
        .contains(why);
    assertThat(compare(after, before).out()).isEqualTo("no breaking change\n");
  }

  @Test
  void aSilentStreamThatIsCancelledEarlierIsFound() throws IOException {
    String shape =
        HEAD
            + "service Shop { rpc Follow(Order) returns (stream Order) {"
            + " option (fairlead.method).idle_timeout = \"%s\"; } }";
    assertThat(
            compare(contract("old", shape.formatted("1m")), contract("new", shape.formatted("59s")))
                .out())
        .contains("POLICY_IDLE_TIMEOUT_NO_SHORTEN: the idle timeout of shop.v1.Shop/Follow went");
  }

  @Test
  void aScriptReadsEachFindingAsJson() throws IOException {
    Cli.Result result = compare(policy("old", ""), policy("new", "deadline: \"1s\""), "--json");
    JsonArray array = JsonParser.parseString(result.out()).getAsJsonArray();
    JsonObject finding = array.get(0).getAsJsonObject();
    assertThat(array).hasSize(1);
    assertThat(finding.get("file").getAsString()).isEqualTo("shop.proto");
    assertThat(finding.get("line").getAsInt()).isEqualTo(13);
    assertThat(finding.get("rule").getAsString()).isEqualTo("POLICY_DEADLINE_NO_SHORTEN");
    assertThat(finding.get("categories").toString()).isEqualTo("[\"POLICY\"]");
    assertThat(finding.get("wayOut").getAsString()).startsWith("keep the deadline");
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
  }

  private String set(String contract) throws Exception {
    Path set = folder.resolve(Path.of(contract).getFileName() + ".pb");
    Files.write(set, new Protoc("protoc", List.of()).compile(Path.of(contract)));
    return set.toString();
  }

  @Test
  void whatIsIgnoredIsNotReported() throws Exception {
    String old = set(policy("old", ""));
    String now = set(policy("new", "deadline: \"1s\""));
    for (String what :
        List.of(
            "POLICY_DEADLINE_NO_SHORTEN", "shop.proto", "POLICY_DEADLINE_NO_SHORTEN:shop.proto")) {
      assertThat(compare(old, now, "--ignore", what).exit()).as(what).isZero();
    }
    for (String what :
        List.of("POLICY_DEADLINE_NO_SHORTEN:other.proto", "POLICY_RETRY_NO_WEAKEN", "shop")) {
      assertThat(compare(old, now, "--ignore", what).exit()).as(what).isEqualTo(ExitCode.FAILED);
    }
  }

  @Test
  void descriptorSetsNeedNoFolder() throws Exception {
    String old = set(policy("old", "deadline: \"2s\""));
    Cli.Result result = compare(old, policy("new", "deadline: \"1s\""));
    assertThat(result.out()).startsWith("shop.proto:13:").endsWith("\n1 breaking change\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "breaking OLD | Missing required parameter: 'NEW'",
        "breaking OLD nowhere | there is no nowhere; name a folder with .proto files, or a"
            + " descriptor set",
        "breaking OLD EMPTY | there is no .proto file in ",
        "breaking OLD BROKEN | protoc refuses ",
        "breaking OLD BYTES | is not a descriptor set of protoc --include_imports"
            + " --include_source_info: ",
        "breaking OLD OLD --category WIER | no category \"WIER\"; did you mean \"WIRE\"?",
        "breaking OLD OLD --ignore FIELD_NO_DELTE | no rule \"FIELD_NO_DELTE\" for --ignore; did"
            + " you mean \"FIELD_NO_DELETE\"?",
        "breaking OLD OLD --ignore no-rule:shop.proto | no rule \"no-rule\" for --ignore",
        "breaking OLD BROKEN --protoc /nowhere/protoc | protoc cannot be started as"
            + " \"/nowhere/protoc\"; install it",
        "breaking OLD OLD --ignroe x | unknown option \"--ignroe\"; did you mean \"--ignore\"?",
      })
  void whatCannotBeComparedIsToldWithItsWayOut(String args, String expected) throws Exception {
    String old = Files.write(folder.resolve("old.pb"), compiled()).toString();
    String broken = contract("broken", "syntax = \"proto3\"; message {");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Path bytes = Files.write(folder.resolve("bytes.pb"), new byte[] {1, 2, 3});
    Cli.Result result =
        cli.run(
            args.trim()
                .replace("OLD", old)
                .replace("EMPTY", empty.toString())
                .replace("BROKEN", broken)
                .replace("BYTES", bytes.toString())
                .split(" ", -1));
    assertThat(result.err()).startsWith("fairlead: ").contains(expected.trim());
    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out()).isEmpty();
  }

  /** A descriptor set without protoc, whose start takes a good part of a second. */
  private static byte[] compiled() {
    FileDescriptor contract = ReserveRequest.getDescriptor().getFile();
    return FileDescriptorSet.newBuilder()
        .addFile(DescriptorProtos.getDescriptor().toProto())
        .addFile(OptionsProto.getDescriptor().toProto())
        .addFile(contract.toProto())
        .build()
        .toByteArray();
  }

  @Test
  void anImportOfElsewhereIsNamed() throws IOException {
    Files.createDirectories(folder.resolve("lib/common"));
    Files.writeString(
        folder.resolve("lib/common/money.proto"),
        "syntax = \"proto3\"; package common; message Money {}");
    String old =
        contract(
            "old",
            "syntax = \"proto3\"; package s; import \"common/money.proto\"; message P {"
                + " common.Money m = 1; }");
    assertThat(compare(old, old).err()).contains("; --include names a folder of imports");
    assertThat(compare(old, old, "--include", folder.resolve("lib").toString()).out())
        .isEqualTo("no breaking change\n");
  }
}
