package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.Value;
import io.fairlead.gateway.forms.Color;
import io.fairlead.gateway.forms.Forms;
import io.fairlead.gateway.forms.OldForms;
import io.fairlead.gateway.forms.Small;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of proto3 JSON, one by one. Some are from protobuf's conformance tests. */
class JsonCodecTest {
  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(Forms.getDescriptor())
          .add(com.google.protobuf.WrappersProto.getDescriptor().getMessageTypes())
          .add(Timestamp.getDescriptor())
          .build();

  private final JsonCodec codec = new JsonCodec(TYPES);

  private Forms read(String json) throws InvalidProtocolBufferException {
    return Forms.parseFrom(codec.read(Forms.getDescriptor(), json.getBytes(UTF_8)));
  }

  private String refusal(String json) {
    return refusal(json.getBytes(UTF_8));
  }

  private String refusal(byte[] json) {
    try {
      byte[] taken = codec.read(Forms.getDescriptor(), json);
      throw new AssertionError(
          "taken: " + new String(json, UTF_8) + " as " + ByteString.copyFrom(taken));
    } catch (StatusRuntimeException e) {
      return String.valueOf(e.getStatus().getDescription());
    }
  }

  private String write(Message message) {
    return write(message, message.toByteArray());
  }

  private String write(Message type, byte[] bytes) {
    return new String(codec.write(type.getDescriptorForType(), bytes), UTF_8);
  }

  /**
   * What protobuf's conformance tests refuse and {@code JsonFormat} takes, and more of the kind.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"flag\":FALSE}",
        "{\"flag\":TRUE}",
        "{\"flag\":False}",
        "{\"flag\":True}",
        "{\"flag\":\"false\"}",
        "{\"flag\":\"true\"}",
        "{\"flag\":0}",
        "{\"byFlag\":{true:0}}",
        "{\"byI32\":{1:{}}}",
        "{\"byU64\":{1:\"\"}}",
        "{\"byFlag\":{\"True\":0}}",
        "{\"byI32\":{\"a\":{}}}",
        "{\"dbl\":Infinity}",
        "{\"dbl\":NaN}",
        "{\"dbl\":-Infinity}",
        "{\"fl\":Infinity}",
        "{\"fl\":NaN}",
        "{\"fl\":-Infinity}",
        "{\"mask\":\"foo,bar_bar\"}",
        "{\"mask\":\"foo,,bar\"}",
        "{\"i32\":1,\"i32\":2}",
        "{\"optI32\":1,\"opt_i32\":2}",
        "{\"byText\":{\"a\":\"1\",\"a\":\"2\"}}",
        "{\"struct\":{\"a\":1,\"b\":2,\"a\":2}}",
        "{i32:1}",
        "{'i32':1}",
        "{\"text\":'a'}",
        "{'text':'a'}",
        "{\"text\":a}",
        "// c\n{\"i32\":1}",
        "{\"i32\":1} // c",
        "{\"i32\":/* c */1}",
        "{\"text\":\"\\ude00\\ud83d\"}",
        "{\"text\":\"\\ud83d\"}",
        "{\"text\":\"\\ud83dabcdefgh\"}",
        "{\"text\":\"\\ude00\"}",
        "{\"text\":\"\\x41\"}",
        "{\"text\":\"\\u12g4\"}",
        "{\"text\":\"\\u+123\"}",
        "{\"text\":\"a\nb\"}",
        "{\"text\":\"a\tb is longer than eight\"}",
        "{\"color\":GREEN}",
        "{\"color\":\"green\"}",
        "{\"color\":\"7\"}",
        "{\"color\":1.5}",
        "{\"color\":true}",
        "{\"i32\":01}",
        "{\"i32\":-01}",
        "{\"i32\":+1}",
        "{\"i32\":\"01\"}",
        "{\"i32\":\"+1\"}",
        "{\"i32\":\" 1\"}",
        "{\"i32\":\"1 \"}",
        "{\"i32\":\"\"}",
        "{\"i32\":\"0x1\"}",
        "{\"i32\":0x1}",
        "{\"i32\":1.}",
        "{\"i32\":.5}",
        "{\"i32\":-}",
        "{\"i32\":1e}",
        "{\"i32\":0.5}",
        "{\"i32\":1e-1}",
        "{\"i32\":2147483648}",
        "{\"i32\":-2147483649}",
        "{\"i32\":1e10}",
        "{\"u32\":4294967296}",
        "{\"u32\":-1}",
        "{\"i64\":9223372036854775808}",
        "{\"i64\":\"-9223372036854775809\"}",
        "{\"u64\":18446744073709551616}",
        "{\"u64\":-1}",
        "{\"u64\":1e536870000}",
        "{\"i64\":1e99999999999}",
        "{\"fl\":3.502823e+38}",
        "{\"fl\":-3.502823e+38}",
        "{\"dbl\":1.89769e+308}",
        "{\"dbl\":\"\"}",
        "{\"dbl\":\"nan\"}",
        "{\"text\":12}",
        "{\"text\":true}",
        "{\"text\":[]}",
        "{\"manyText\":[true]}",
        "{\"manyText\":[1]}",
        "{\"manyText\":[null]}",
        "{\"manyText\":[[]]}",
        "{\"manyText\":\"a\"}",
        "{\"manyI32\":[1,]}",
        "{\"manyI32\":[,1]}",
        "{\"manyI32\":[1 2]}",
        "{\"manyI32\":[1}",
        "{\"manyI32\":[null]}",
        "{\"manySmall\":[null]}",
        "{\"manyWI64\":[null]}",
        "{\"byText\":{\"a\":null}}",
        "{\"byI32\":[]}",
        "{\"small\":[]}",
        "{\"small\":1}",
        "{\"i32\":1,}",
        "{\"i32\":1 \"i64\":2}",
        "{\"i32\" 1}",
        "{,}",
        "{\"i32\":1}}",
        "{\"i32\":1} {}",
        "{",
        "[]",
        "1",
        "\"{}\"",
        "null",
        "{\"i32\":nul}",
        "{\"i32\":nulll}",
        "{\"text\":\"unending",
        "{\"oneI32\":1,\"oneText\":\"a\"}",
        "{\"oneNull\":null,\"oneText\":\"a\"}",
        "{\"data\":\"A\"}",
        "{\"data\":\"AA=\"}",
        "{\"data\":\"A===\"}",
        "{\"data\":\"AA=A\"}",
        "{\"data\":\"A A=\"}",
        "{\"at\":\"0000-01-01T00:00:00Z\"}",
        "{\"at\":\"10000-01-01T00:00:00Z\"}",
        "{\"at\":\"2001-09-09\"}",
        "{\"at\":\"2001-09-09 01:46:40Z\"}",
        "{\"at\":\"2001-09-09T01:46:40\"}",
        "{\"at\":\"2001-09-09t01:46:40Z\"}",
        "{\"at\":\"2001-09-09T01:46:40z\"}",
        "{\"at\":\"2001-02-29T01:46:40Z\"}",
        "{\"at\":\"2001-02-30T01:46:40Z\"}",
        "{\"at\":\"2001-09-09T24:00:00Z\"}",
        "{\"at\":\"2001-09-09T01:46:60Z\"}",
        "{\"at\":\"2001-09-09T01:46:40.Z\"}",
        "{\"at\":\"2001-09-09T01:46:40.1234567891Z\"}",
        "{\"at\":\"0001-01-01T00:00:00+00:01\"}",
        "{\"at\":\"9999-12-31T23:59:59-00:01\"}",
        "{\"at\":\"2001-09-09T01:46:40+0200\"}",
        "{\"at\":1000}",
        "{\"took\":\"1\"}",
        "{\"took\":\"s\"}",
        "{\"took\":\"1.s\"}",
        "{\"took\":\"+1s\"}",
        "{\"took\":\"1e3s\"}",
        "{\"took\":\"315576000001s\"}",
        "{\"took\":\"-315576000000.1s\"}",
        "{\"took\":1}",
        "{\"any\":{\"i32\":1}}",
        "{\"any\":{\"@type\":\"Small\"}}",
        "{\"any\":{\"@type\":\"a/unknown.Type\"}}",
        "{\"any\":{\"@type\":1}}",
        "{\"any\":{\"@type\":\"a/gateway.v1.Small\",\"@type\":\"a/gateway.v1.Small\"}}",
        "{\"any\":{\"@type\":\"a/gateway.v1.Small\",\"value\":{}}}",
        "{\"any\":{\"@type\":\"a/google.protobuf.Timestamp\",\"seconds\":1}}",
        "{\"unknown\":1}",
        "{\"\":1}",
        "{\"struct\":{\"a\":NaN}}",
        "{\"value\":NaN}",
        "{\"wFlag\":\"true\"}",
        "{\"nothing\":\"x\"}",
      })
  void whatIsNotJsonOfTheMessageIsRefused(String json) {
    assertThat(refusal(json)).contains("JSON");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"i32\":1e2}|i32: 100",
        "{\"i32\":100.0}|i32: 100",
        "{\"i32\":\"1.0E2\"}|i32: 100",
        "{\"i32\":-0}|",
        "{\"i32\":-2147483648}|i32: -2147483648",
        "{\"i64\":9223372036854775807}|i64: 9223372036854775807",
        "{\"i64\":\"-9223372036854775808\"}|i64: -9223372036854775808",
        "{\"u64\":\"18446744073709551615\"}|u64: 18446744073709551615",
        "{\"u64\":1.8446744073709551615e19}|u64: 18446744073709551615",
        "{\"u32\":4294967295}|u32: 4294967295",
        "{\"dbl\":\"Infinity\"}|dbl: Infinity",
        "{\"fl\":\"-Infinity\"}|fl: -Infinity",
        "{\"dbl\":\"1.5\"}|dbl: 1.5",
        "{\"dbl\":0.1}|dbl: 0.1",
        "{\"dbl\":123456789012345678}|dbl: 1.2345678901234568E17",
        "{\"fl\":16777217}|fl: 1.6777216E7",
        "{\"fl\":0.1}|fl: 0.1",
        "{\"optI32\":0}|opt_i32: 0",
        "{\"opt_i32\":0}|opt_i32: 0",
        "{\"optI32\":null}|",
        "{\"i32\":null,\"manyI32\":null,\"byText\":null,\"small\":null,\"at\":null,\"wI32\":null}|",
        "{\"wI32\":0}|w_i32 { }",
        "{\"wI64\":\"5\"}|w_i64 { value: 5 }",
        "{\"value\":null}|value { null_value: NULL_VALUE }",
        "{\"manyValue\":[null,1]}|many_value { null_value: NULL_VALUE } many_value { number_value:"
            + " 1.0 }",
        "{\"oneValue\":null}|one_value { null_value: NULL_VALUE }",
        "{\"oneNull\":null}|one_null: NULL_VALUE",
        "{\"oneNull\":\"NULL_VALUE\"}|one_null: NULL_VALUE",
        "{\"oneI32\":null,\"oneText\":\"\"}|one_text: \"\"",
        "{\"color\":\"CRIMSON\"}|color: RED",
        "{\"color\":1}|color: RED",
        "{\"color\":99}|color: 99",
        "{\"data\":\"-_8\"}|data: \"\\373\\377\"",
        "{\"data\":\"+/8=\"}|data: \"\\373\\377\"",
        "{\"at\":\"1970-01-01T02:00:00.5+02:00\"}|at { nanos: 500000000 }",
        "{\"at\":\"0001-01-01T00:00:00Z\"}|at { seconds: -62135596800 }",
        "{\"at\":\"2000-02-29T23:59:59.999999999Z\"}|at { seconds: 951868799 nanos: 999999999 }",
        "{\"took\":\"-0.5s\"}|took { nanos: -500000000 }",
        "{\"took\":\"315576000000s\"}|took { seconds: 315576000000 }",
        "{\"mask\":\"\"}|mask { }",
        "{\"mask\":\"fooBar.baz,qux\"}|mask { paths: \"foo_bar.baz\" paths: \"qux\" }",
        "{\"any\":{}}|any { }",
        "{\"@odd n\\u00e4me\":\"x\"}|named: \"x\"",
        "{\"named\":\"x\"}|named: \"x\"",
        "{\"i\\u0033\\u0032\":1}|i32: 1",
        "{\"text\":\"\\ud83d\\uDE00\\/\"}|text: \"\\360\\237\\230\\200/\"",
        " {\"i32\" : 1 } |i32: 1",
        "{\"manyI32\":[],\"small\":{}}|small { }",
        "{\"further\":3}|further: 3",
      })
  void whatTheRulesAllowIsTaken(String json, String message) throws Exception {
    String text = read(json).toString().replaceAll("\\s+", " ").trim();
    assertThat(text).isEqualTo(message == null ? "" : message);
  }

  @Test
  void anAnyNamesItsTypeAnywhere() throws Exception {
    Any any =
        Any.pack(Small.newBuilder().setNumber(3).setInner(Small.newBuilder().setText("a")).build());
    String type = "\"@type\":\"type.googleapis.com/gateway.v1.Small\"";
    assertThat(read("{\"any\":{" + type + ",\"number\":3,\"inner\":{\"text\":\"a\"}}}").getAny())
        .isEqualTo(any);
    assertThat(read("{\"any\":{\"number\":3,\"inner\":{\"text\":\"a\"}," + type + "}}").getAny())
        .isEqualTo(any);
    assertThat(
            read("{\"any\":{\"value\":\"1970-01-01T00:00:01Z\","
                    + "\"@type\":\"x/google.protobuf.Timestamp\"}}")
                .getAny()
                .unpack(Timestamp.class)
                .getSeconds())
        .isEqualTo(1);
  }

  @Test
  void aMarkOfTheByteOrderIsPassedOver() throws Exception {
    assertThat(read("\ufeff{\"i32\":1}").getI32()).isEqualTo(1);
  }

  @Test
  void aFieldThatIsWrongIsNamedWithItsValueAndItsPlace() {
    assertThat(
            refusal("{\"i32\":1,\n \"manySmall\":[{},{\"byName\":{\"ä\": {\"number\":\"x\"}}}]}"))
        .isEqualTo(
            "the JSON does not fit gateway.v1.Forms at manySmall[1].byName.ä.number:"
                + " not an int32: \"x\" (line 2, column 44)");
    assertThat(refusal("{\"u32\":4294967296}"))
        .isEqualTo(
            "the JSON does not fit gateway.v1.Forms at u32:"
                + " outside the range of a uint32: 4294967296 (line 1, column 8)");
    assertThat(refusal("{\"small\":{\"nr\":1}}"))
        .isEqualTo(
            "the JSON does not fit gateway.v1.Forms at small.nr:"
                + " gateway.v1.Small has no field \"nr\" (line 1, column 11)");
    assertThat(refusal("{\"color\":\"PINK\"}"))
        .contains("at color: not a value: \"PINK\"; gateway.v1.Color has COLOR_UNSPECIFIED, RED");
    assertThat(refusal("{\"at\":\"yesterday\"}"))
        .contains("at at: not a time such as 2001-09-09T01:46:40Z: \"yesterday\"");
    assertThat(refusal("{\"manyText\":[\"a\",\n\n{\"b\":1}]}"))
        .contains("at manyText[1]: not a string: {\"b\":1} (line 3, column 1)");
    assertThat(refusal("{\"small\":{\"text\":}}"))
        .isEqualTo(
            "the body is not JSON at $.small.text: expected a string, not } (line 1, column 18)");
    assertThat(refusal("{\"i32\":1} x"))
        .isEqualTo(
            "the body is not JSON at $: the body goes on after its JSON (line 1, column 11)");
    assertThat(refusal(" \n")).isEqualTo("the body is empty; an empty message is {}");
  }

  @Test
  void aTextThatIsNotUtf8IsRefused() {
    for (String bytes :
        new String[] {
          "\u00ff", "\u00c0\u0080", "\u00ed\u00a0\u0080", "\u00f8\u0088\u0080\u0080\u0080", "\u00c3"
        }) {
      assertThat(refusal(("{\"text\":\"" + bytes + "\"}").getBytes(ISO_8859_1)))
          .isEqualTo("the JSON is not UTF-8");
    }
    assertThat(refusal("{}".getBytes(java.nio.charset.StandardCharsets.UTF_16BE)))
        .contains("not JSON");
  }

  private static String nested(String open, int depth, String inner, String close) {
    return open.repeat(depth) + inner + close.repeat(depth);
  }

  /** What is deeper would be refused by the reader of the message, as the server's own fault. */
  @Test
  void messagesAreNestedAsDeepAsProtobufReadsThem() throws Exception {
    assertThat(read(nested("{\"child\":", 100, "{}", "}")).hasChild()).isTrue();
    assertThat(refusal(nested("{\"child\":", 101, "{}", "}"))).contains("deeper than 100");
    assertThat(read("{\"list\":" + nested("[", 49, "1", "]") + "}").hasList()).isTrue();
    assertThat(refusal("{\"list\":" + nested("[", 51, "1", "]") + "}")).contains("deeper than 100");
    assertThat(read("{\"struct\":" + nested("{\"a\":", 33, "1", "}") + "}").hasStruct()).isTrue();
    assertThat(refusal("{\"struct\":" + nested("{\"a\":", 34, "1", "}") + "}"))
        .contains("deeper than 100");
    String map = "{\"byName\":{\"a\":";
    assertThat(read("{\"small\":" + nested(map, 49, "{}", "}}") + "}").hasSmall()).isTrue();
    assertThat(refusal("{\"small\":" + nested(map, 50, "{}", "}}") + "}"))
        .contains("deeper than 100");
    String any = "{\"@type\":\"a/google.protobuf.Any\",\"value\":";
    assertThat(read("{\"any\":" + nested(any, 90, "{}", "}") + "}").hasAny()).isTrue();
    assertThat(refusal("{\"any\":" + nested(any, 101, "{}", "}") + "}"))
        .contains("deeper than 100");
  }

  @Test
  @Timeout(20)
  void aTextThatIsMadeToCostTimeIsRefusedSoon() {
    assertThat(refusal("{\"i32\":" + "1".repeat(1_001) + "}")).contains("1000 characters");
    assertThat(refusal("{\"i32\":\"" + "1".repeat(1_001) + "\"}")).contains("not an int32");
    assertThat(refusal("{\"u64\":1" + "0".repeat(500) + "e999999999}")).contains("range");
    assertThat(refusal("{\"any\":".repeat(1) + "[".repeat(4_000_000))).contains("an object");
    // Each Any is searched for its type, which comes after all that it holds.
    String open = "{\"value\":";
    String close = ",\"@type\":\"a/google.protobuf.Any\"}";
    String inner = "{\"value\":\"" + "x".repeat(4_000_000) + "\"}";
    assertThat(refusal("{\"any\":" + open.repeat(90) + inner + close.repeat(90) + "}"))
        .contains("put it before the other fields");
    // Keys whose hash is the same, in a table of buffers.
    assertThat(ByteBuffer.wrap("aA".getBytes(UTF_8)))
        .hasSameHashCodeAs(ByteBuffer.wrap("BB".getBytes(UTF_8)));
    StringBuilder keys = new StringBuilder("{\"byText\":{");
    for (int i = 0; i < 1 << 16; i++) {
      StringBuilder key = new StringBuilder();
      for (int bit = 0; bit < 16; bit++) {
        key.append((i >> bit & 1) == 0 ? "aA" : "BB");
      }
      keys.append(i == 0 ? "\"" : ",\"").append(key).append("\":\"\"");
    }
    assertThat(refusal(keys.append(",\"" + "aA".repeat(16) + "\":\"\"}}").toString()))
        .contains("same key");
  }

  @Test
  void anErrorQuotesNoMoreThanTheBeginningOfAValue() {
    String refusal = refusal("{\"i32\":\"" + "ä".repeat(100_000) + "\"}");
    assertThat(refusal).hasSizeLessThan(300).contains("ä...");
    assertThat(refusal("{\"" + "x".repeat(100_000) + "\":1}")).hasSizeLessThan(400);
  }

  @Test
  void defaultsAreLeftOutUnlessTheContractTellsThemFromNothing() {
    assertThat(write(Forms.newBuilder().setOptI32(0).setOneFlag(false).build()))
        .isEqualTo("{\"optI32\":0,\"oneFlag\":false}");
    // Other writers may send defaults.
    assertThat(write(Forms.getDefaultInstance(), new byte[] {8, 0, 112 + 2, 0})).isEqualTo("{}");
  }

  @Test
  void numbersHaveTheFormOfTheirType() {
    assertThat(
            write(
                Forms.newBuilder()
                    .setI32(-5)
                    .setI64(Long.MIN_VALUE)
                    .setU32(-1)
                    .setU64(-1)
                    .setFl(Float.NaN)
                    .setDbl(1.5)
                    .setColorValue(12)
                    .build()))
        .isEqualTo(
            "{\"i32\":-5,\"i64\":\"-9223372036854775808\",\"u32\":4294967295,"
                + "\"u64\":\"18446744073709551615\",\"fl\":\"NaN\",\"dbl\":1.5,\"color\":12}");
    assertThat(write(Forms.newBuilder().setColor(Color.CRIMSON).build()))
        .isEqualTo("{\"color\":\"RED\"}");
  }

  @Test
  void textIsEscapedOnlyWhereJsonNeedsIt() {
    assertThat(write(Forms.newBuilder().setText("a\"b\\c\n\u0001</é\uD83D\uDE00").build()))
        .isEqualTo("{\"text\":\"a\\\"b\\\\c\\n\\u0001</é\uD83D\uDE00\"}");
  }

  @Test
  void whatJsonCannotHoldIsNotWritten() {
    for (Message message :
        new Message[] {
          Timestamp.newBuilder().setSeconds(253_402_300_800L).build(),
          Timestamp.newBuilder().setNanos(-1).build(),
          Duration.newBuilder().setSeconds(1).setNanos(-1).build(),
          Duration.newBuilder().setSeconds(315_576_000_001L).build(),
          FieldMask.newBuilder().addPaths("foo_3_bar").build(),
          FieldMask.newBuilder().addPaths("fooBar").build(),
          FieldMask.newBuilder().addPaths("foo__bar").build(),
          Value.newBuilder().setNumberValue(Double.NaN).build(),
          Any.newBuilder().setTypeUrl("a/unknown").build(),
          Any.newBuilder().setValue(ByteString.copyFromUtf8("x")).build()
        }) {
      assertThatThrownBy(() -> write(message))
          .as(message.toString())
          .isInstanceOf(IllegalStateException.class);
    }
    assertThatThrownBy(() -> write(Forms.getDefaultInstance(), new byte[] {114, 1, (byte) 0xff}))
        .hasMessageContaining("UTF-8");
  }

  @Test
  void anEntryOfAMapIsReplacedOnlyByOneWithItsKey() {
    // Field 1 of the second entry comes twice: as the key "a", and as a number, which is no key.
    byte[] bytes = {42, 2, 10, 0, 42, 5, 10, 1, 'a', 8, 0};
    assertThat(write(Small.getDefaultInstance(), bytes))
        .isEqualTo("{\"byName\":{\"\":{},\"a\":{}}}");
    byte[] twice = {42, 3, 10, 1, 'a', 42, 7, 18, 2, 8, 5, 10, 1, 'a'};
    assertThat(write(Small.getDefaultInstance(), twice))
        .isEqualTo("{\"byName\":{\"a\":{\"number\":5}}}");
  }

  @Test
  @Timeout(20)
  void aResponseThatIsMadeToCostTimeIsWrittenSoon() {
    // Out of order at each level, and in an Any at each level.
    Any any = Any.getDefaultInstance();
    for (int i = 0; i < 60; i++) {
      ByteString holder =
          Forms.newBuilder()
              .setAny(any)
              .setI32(1)
              .build()
              .toByteString()
              .concat(Forms.newBuilder().setI32(2).build().toByteString());
      any =
          Any.newBuilder()
              .setTypeUrl("type.googleapis.com/gateway.v1.Forms")
              .setValue(holder)
              .build();
    }
    Forms outer = Forms.newBuilder().setAny(any).setI32(3).build();
    byte[] parts =
        outer
            .toByteString()
            .concat(Forms.newBuilder().setI32(4).build().toByteString())
            .toByteArray();
    assertThatThrownBy(() -> write(outer, parts)).hasMessageContaining("too deep");
  }

  @Test
  void theValueOfOneFieldIsReadAndWritten() throws Exception {
    assertThat(value("i32", Forms.getDefaultInstance())).isEqualTo("0");
    assertThat(value("opt_i32", Forms.getDefaultInstance())).isEqualTo("null");
    assertThat(value("text", Forms.getDefaultInstance())).isEqualTo("\"\"");
    assertThat(value("small", Forms.getDefaultInstance())).isEqualTo("{}");
    assertThat(value("many_i32", Forms.getDefaultInstance())).isEqualTo("[]");
    assertThat(value("by_text", Forms.getDefaultInstance())).isEqualTo("{}");
    assertThat(value("color", Forms.getDefaultInstance())).isEqualTo("\"COLOR_UNSPECIFIED\"");
    Forms forms =
        Forms.newBuilder()
            .setI32(3)
            .addManyI32(4)
            .addManySmall(Small.newBuilder().setNumber(1))
            .putByText("a", "b")
            .setSmall(Small.newBuilder().setNumber(9))
            .setOneNull(NullValue.NULL_VALUE)
            .build();
    for (String[] each :
        new String[][] {
          {"i32", "3"},
          {"many_i32", "[4]"},
          {"many_small", "[{\"number\":1}]"},
          {"by_text", "{\"a\":\"b\"}"},
          {"small", "{\"number\":9}"},
          {"one_null", "null"},
        }) {
      assertThat(value(each[0], forms)).isEqualTo(each[1]);
      FieldDescriptor field = Forms.getDescriptor().findFieldByName(each[0]);
      Forms alone = Forms.parseFrom(codec.readField(field, each[1].getBytes(UTF_8)));
      assertThat(alone.getField(field)).isEqualTo(forms.getField(field));
      assertThat(alone.getAllFields()).hasSize(1);
    }
  }

  @Test
  void theValueOfAFieldIsWrittenHoweverTheFieldWasSent() {
    // Other writers may send defaults.
    byte[] zero = {8, 0};
    assertThat(Forms.getDescriptor().findFieldByName("i32").getNumber()).isEqualTo(1);
    assertThat(value("i32", Forms.getDescriptor(), zero)).isEqualTo("0");
    // A number that the enum of an older contract does not have, alone and after one that it has.
    byte[] unknown = {3 << 3, 77};
    assertThat(value("color", OldForms.getDescriptor(), unknown)).isEqualTo("null");
    byte[] both = {3 << 3, 9, 3 << 3, 77};
    assertThat(value("color", OldForms.getDescriptor(), both)).isEqualTo("\"PINK\"");
    // A later one of another form is no part of the field.
    byte[] otherForm = {3 << 3, 9, (3 << 3) | 5, 1, 2, 3, 4};
    assertThat(value("color", OldForms.getDescriptor(), otherForm)).isEqualTo("\"PINK\"");
  }

  private String value(String field, Message message) {
    return value(field, message.getDescriptorForType(), message.toByteArray());
  }

  private String value(String field, Descriptor type, byte[] message) {
    return new String(codec.writeField(type.findFieldByName(field), message), UTF_8);
  }

  @Test
  void parametersReplaceWhatABodySaid() throws Exception {
    byte[] parameters =
        codec.readParameters(
            Forms.getDescriptor(),
            "{\"i32\":\"0\",\"text\":\"\",\"color\":\"0\",\"at\":\"1970-01-01T00:00:02Z\",\"wI32\":0}"
                .getBytes(UTF_8));
    Forms body =
        Forms.newBuilder()
            .setI32(5)
            .setText("body")
            .setColor(Color.GREEN)
            .setAt(Timestamp.newBuilder().setSeconds(1).setNanos(7))
            .build();
    assertThat(body.toBuilder().mergeFrom(parameters).build())
        .isEqualTo(
            Forms.newBuilder()
                .setAt(Timestamp.newBuilder().setSeconds(2))
                .setWI32(com.google.protobuf.Int32Value.of(0))
                .build());
  }

  @Test
  void closedEnumsOfOlderContractsWork() {
    assertThatThrownBy(() -> codec.read(OldForms.getDescriptor(), "{\"color\":3}".getBytes(UTF_8)))
        .hasMessageContaining("BLUE, PINK");
    // A number that the enum does not have is an unknown field, which JSON has no place for.
    assertThat(write(OldForms.getDefaultInstance(), new byte[] {8, 1, 24, 3}))
        .isEqualTo("{\"id\":1}");
  }

  @Test
  void groupsOfOlderContractsWork() {
    byte[] wire = {8, 1, 59, 8, 2, 60, 67, 10, 1, 'a', 68};
    String json = "{\"id\":1,\"pair\":{\"left\":2},\"item\":[{\"name\":\"a\"}]}";
    assertThat(new String(codec.write(Groups.type(), wire), UTF_8)).isEqualTo(json);
    assertThat(codec.read(Groups.type(), json.getBytes(UTF_8))).isEqualTo(wire);
  }

  @Test
  void aMessageOfAWellKnownTypeIsAWholeBody() throws Exception {
    assertThat(write(DoubleValue.of(2))).isEqualTo("2.0");
    assertThat(
            DoubleValue.parseFrom(codec.read(DoubleValue.getDescriptor(), "2.5".getBytes(UTF_8))))
        .isEqualTo(DoubleValue.of(2.5));
  }
}
