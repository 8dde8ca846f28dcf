package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.gateway.forms.Forms;
import io.fairlead.gateway.forms.Small;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * JSON beside protobuf's own {@link JsonFormat}: random messages both ways, and texts and bytes
 * with random mistakes. {@code -Dgateway.fuzz=} sets how many; each has a seed, which a failure
 * names.
 */
class JsonDifferentialTest {
  private static final int ROUNDS = Integer.getInteger("gateway.fuzz", 1_500);

  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(Forms.getDescriptor())
          .add(com.google.protobuf.WrappersProto.getDescriptor().getMessageTypes())
          .add(com.google.protobuf.TimestampProto.getDescriptor().getMessageTypes())
          .build();
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().usingTypeRegistry(TYPES).omittingInsignificantWhitespace();
  private static final JsonFormat.Printer SPACED = JsonFormat.printer().usingTypeRegistry(TYPES);
  private static final JsonFormat.Parser PARSER = JsonFormat.parser().usingTypeRegistry(TYPES);

  private final JsonCodec codec = new JsonCodec(TYPES);

  static List<Message> types() {
    return List.of(
        Forms.getDefaultInstance(),
        Small.getDefaultInstance(),
        DynamicMessage.getDefaultInstance(Groups.type()));
  }

  @ParameterizedTest
  @MethodSource("types")
  void writesWhatProtobufWrites(Message type) throws Exception {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Message message = random(type, seed);
      String json = write(message, message.toByteArray());
      assertThat(strict(json)).as("seed %s: %s", seed, json).isEqualTo(tree(message));
      assertThat(read(type, json)).as("seed %s: %s", seed, json).isEqualTo(message);
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void readsWhatProtobufWrites(Message type) throws Exception {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Message message = random(type, seed);
      String json = (seed % 2 == 0 ? PRINTER : SPACED).print(message);
      assertThat(read(type, json)).as("seed %s: %s", seed, json).isEqualTo(message);
    }
  }

  /** Readers merge what comes in parts; so does a proxy that turns it into JSON. */
  @ParameterizedTest
  @MethodSource("types")
  void aMessageThatCameInPartsIsMerged(Message type) throws Exception {
    for (int seed = 0; seed < ROUNDS; seed++) {
      ByteArrayOutputStream parts = new ByteArrayOutputStream();
      random(type, seed).writeTo(parts);
      random(type, -seed).writeTo(parts);
      Message merged = type.getParserForType().parseFrom(parts.toByteArray());
      JsonElement theirs;
      try {
        theirs = tree(merged);
      } catch (IllegalArgumentException refused) {
        // Two durations that together are none.
        assertThatThrownBy(() -> write(merged, parts.toByteArray()))
            .isInstanceOf(IllegalStateException.class);
        continue;
      } catch (InvalidProtocolBufferException refused) {
        // The type of one Any, and the value of another.
        continue;
      }
      String json = write(merged, parts.toByteArray());
      assertThat(strict(json)).as("seed %s: %s", seed, json).isEqualTo(theirs);
    }
  }

  /** What is taken here is taken by protobuf, and means the same; what is wrong is told. */
  @ParameterizedTest
  @MethodSource("types")
  void aTextWithMistakesIsRefusedOrMeansWhatProtobufReads(Message type) throws Exception {
    for (int seed = 0; seed < ROUNDS; seed++) {
      RandomMessages messages = new RandomMessages(seed);
      Message message = random(type, messages);
      byte[] text = mutated(PRINTER.print(message).getBytes(UTF_8), messages.random(), TEXT);
      Message ours;
      try {
        ours =
            type.getParserForType().parsePartialFrom(codec.read(type.getDescriptorForType(), text));
      } catch (StatusRuntimeException refused) {
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).hasSizeLessThan(1_200);
        continue;
      }
      String json = new String(text, UTF_8);
      Message.Builder theirs = type.newBuilderForType();
      try {
        PARSER.merge(json, theirs);
      } catch (InvalidProtocolBufferException refused) {
        fail("seed %s is taken, and protobuf says %s: %s", seed, refused.getMessage(), json);
      }
      // Protobuf's reader loses the sign of zero.
      if (!ours.toString().contains("-0.0")) {
        assertThat(ours).as("seed %s: %s", seed, json).isEqualTo(theirs.buildPartial());
      }
    }
  }

  private static final byte[] TEXT =
      "{}[]:,\"\\/0123456789eE+-.tfn ultrasNI@_\n\u0001\u00e4\ud83d\ude00Z=".getBytes(UTF_8);

  /** A server behind a proxy may send anything. */
  @ParameterizedTest
  @MethodSource("types")
  void bytesWithMistakesAreRefusedOrWrittenAsProtobufWritesThem(Message type) throws Exception {
    byte[] any = new byte[256];
    for (int i = 0; i < 256; i++) {
      any[i] = (byte) i;
    }
    for (int seed = 0; seed < ROUNDS; seed++) {
      RandomMessages messages = new RandomMessages(seed);
      Message message = random(type, messages);
      byte[] bytes = mutated(message.toByteArray(), messages.random(), any);
      String json;
      try {
        json = new String(codec.write(type.getDescriptorForType(), bytes), UTF_8);
      } catch (IllegalStateException refused) {
        assertThat(refused).hasMessageMatching("(?s)(the message is not|JSON has no form|a|an) .*");
        continue;
      }
      JsonElement ours = strict(json);
      String theirs;
      try {
        theirs = PRINTER.print(type.getParserForType().parsePartialFrom(bytes));
      } catch (InvalidProtocolBufferException | RuntimeException refused) {
        // Such as broken bytes in a field that JSON does not have.
        continue;
      }
      assertThat(ours).as("seed %s: %s", seed, json).isEqualTo(JsonParser.parseString(theirs));
    }
  }

  @Test
  void everyFieldIsInTheRandomMessages() throws Exception {
    Forms.Builder all = Forms.newBuilder();
    for (int seed = 0; seed < 200; seed++) {
      all.mergeFrom((Forms) random(Forms.getDefaultInstance(), seed));
    }
    // All but those of the oneof that others replaced, and null, which is the default.
    assertThat(all.getAllFields())
        .hasSizeGreaterThanOrEqualTo(Forms.getDescriptor().getFields().size() - 6);
  }

  private static Message random(Message type, long seed) throws InvalidProtocolBufferException {
    return random(type, new RandomMessages(seed));
  }

  /** Read again, so that no map has a key twice. */
  private static Message random(Message type, RandomMessages messages)
      throws InvalidProtocolBufferException {
    return type.getParserForType()
        .parseFrom(messages.fill(type.toBuilder(), 0).build().toByteArray());
  }

  private Message read(Message type, String json) throws InvalidProtocolBufferException {
    return type.getParserForType()
        .parseFrom(codec.read(type.getDescriptorForType(), json.getBytes(UTF_8)));
  }

  private String write(Message type, byte[] message) {
    return new String(codec.write(type.getDescriptorForType(), message), UTF_8);
  }

  private static JsonElement tree(Message message) throws InvalidProtocolBufferException {
    return JsonParser.parseString(PRINTER.print(message));
  }

  private static JsonElement strict(String json) throws IOException {
    JsonReader reader = new JsonReader(new StringReader(json));
    reader.setStrictness(Strictness.STRICT);
    return JsonParser.parseReader(reader);
  }

  /** Changes, takes out, doubles or moves a few bytes. */
  static byte[] mutated(byte[] text, Random random, byte[] alphabet) {
    byte[] result = text;
    for (int edits = 1 + random.nextInt(2); edits > 0; edits--) {
      int at = random.nextInt(result.length + 1);
      int to = Math.min(result.length, at + random.nextInt(random.nextInt(4) == 0 ? 40 : 3));
      ByteArrayOutputStream changed = new ByteArrayOutputStream();
      changed.write(result, 0, at);
      switch (random.nextInt(4)) {
        case 0 -> changed.write(alphabet[random.nextInt(alphabet.length)]);
        case 1 -> {
          byte[] part = Arrays.copyOfRange(result, at, to);
          changed.writeBytes(part);
          changed.writeBytes(part);
        }
        case 2 -> {
          int from = random.nextInt(result.length + 1);
          changed.write(result, from, Math.min(8, result.length - from));
        }
        default -> {}
      }
      changed.write(result, to, result.length - to);
      result = changed.toByteArray();
    }
    return result;
  }
}
