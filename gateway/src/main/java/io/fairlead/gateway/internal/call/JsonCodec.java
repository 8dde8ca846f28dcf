package io.fairlead.gateway.internal.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages as JSON, by protobuf's rules. An error names the field that it is about. */
public final class JsonCodec {
  private static final int MAX_QUOTED = 200;

  private final JsonFormat.Parser parser;
  private final JsonFormat.Printer printer;
  private final JsonFormat.Printer defaultsPrinter;

  /** Makes a codec that knows these types in an {@code Any}. */
  public JsonCodec(TypeRegistry types) {
    this.parser = JsonFormat.parser().usingTypeRegistry(types);
    this.printer = JsonFormat.printer().usingTypeRegistry(types).omittingInsignificantWhitespace();
    this.defaultsPrinter = printer.alwaysPrintFieldsWithNoPresence();
  }

  /** Reads a whole message; throws INVALID_ARGUMENT for a text that is not one. */
  public Message read(Descriptor type, byte[] json) {
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
    read(text(json), builder);
    return builder.build();
  }

  /** Reads a message into a builder. */
  public void read(String text, Message.Builder into) {
    checkSyntax(text);
    merge(text, into);
  }

  /** Reads the value of one field into the builder of its message. */
  public void readField(FieldDescriptor field, String text, Message.Builder into) {
    checkSyntax(text);
    merge("{\"" + field.getJsonName() + "\":" + text + "}", into);
  }

  private void merge(String text, Message.Builder into) {
    try {
      parser.merge(text, into);
    } catch (InvalidProtocolBufferException | RuntimeException e) {
      String where = whereItFails(text, into.getDescriptorForType());
      throw invalid(
          "the JSON does not fit "
              + into.getDescriptorForType().getFullName()
              + (where.isEmpty() ? "" : " at " + shortened(where))
              + ": "
              + shortened(String.valueOf(e.getMessage())));
    }
  }

  /** Returns UTF-8 as text; throws INVALID_ARGUMENT if it is none. */
  public static String text(byte[] json) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      throw invalid("the JSON is not UTF-8");
    }
  }

  /** Holds the text against the grammar: protobuf's own reader accepts comments and more. */
  private static void checkSyntax(String text) {
    if (text.isBlank()) {
      throw invalid("the body is empty; an empty message is {}");
    }
    JsonReader reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    try {
      skip(reader);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw invalid("the body goes on after its JSON");
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof io.grpc.StatusRuntimeException known) {
        throw known;
      }
      throw invalid(
          "the body is not JSON at "
              + shortened(reader.getPath())
              + ": "
              + shortened(firstLine(e)));
    }
  }

  private static String firstLine(Exception e) {
    String message = String.valueOf(e.getMessage());
    int line = message.indexOf('\n');
    return line < 0 ? message : message.substring(0, line);
  }

  /** Cuts a text that a caller chose, so that an error does not become as large as its request. */
  private static String shortened(String text) {
    if (text.length() <= MAX_QUOTED) {
      return text;
    }
    boolean pair = Character.isHighSurrogate(text.charAt(MAX_QUOTED - 1));
    return text.substring(0, pair ? MAX_QUOTED - 1 : MAX_QUOTED) + "...";
  }

  private static void skip(JsonReader reader) throws IOException {
    int depth = 0;
    do {
      switch (reader.peek()) {
        case BEGIN_OBJECT -> {
          reader.beginObject();
          depth++;
        }
        case END_OBJECT -> {
          reader.endObject();
          depth--;
        }
        case BEGIN_ARRAY -> {
          reader.beginArray();
          depth++;
        }
        case END_ARRAY -> {
          reader.endArray();
          depth--;
        }
        case NAME -> {
          String unused = reader.nextName();
        }
        default -> reader.skipValue();
      }
    } while (depth > 0);
  }

  /** Finds the deepest field whose value alone cannot be read. Costs time only for an error. */
  private String whereItFails(String text, Descriptor type) {
    try {
      JsonElement root = com.google.gson.JsonParser.parseString(text);
      StringBuilder path = new StringBuilder();
      locate(root, type, path, 0);
      return path.toString();
    } catch (JsonParseException | IllegalStateException e) {
      return "";
    }
  }

  private void locate(JsonElement value, Descriptor type, StringBuilder path, int depth) {
    if (!(value instanceof JsonObject object)
        || depth > 32
        || type.getFullName().startsWith("google.protobuf.")) {
      return;
    }
    for (Map.Entry<String, JsonElement> each : object.entrySet()) {
      JsonObject alone = new JsonObject();
      alone.add(each.getKey(), each.getValue());
      if (!fits(alone, type)) {
        path.append(path.length() == 0 ? "" : ".").append(each.getKey());
        FieldDescriptor field = field(type, each.getKey());
        if (field != null && !field.isMapField()) {
          inside(each.getValue(), field, type, path, depth);
        }
        return;
      }
    }
  }

  private void inside(
      JsonElement value, FieldDescriptor field, Descriptor type, StringBuilder path, int depth) {
    JsonElement one = value;
    if (field.isRepeated() && value instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        JsonArray single = new JsonArray();
        single.add(array.get(i));
        JsonObject alone = new JsonObject();
        alone.add(field.getName(), single);
        if (!fits(alone, type)) {
          path.append('[').append(i).append(']');
          one = array.get(i);
          break;
        }
      }
    }
    if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      locate(one, field.getMessageType(), path, depth + 1);
    }
  }

  private boolean fits(JsonObject object, Descriptor type) {
    try {
      parser.merge(object.toString(), DynamicMessage.newBuilder(type));
      return true;
    } catch (InvalidProtocolBufferException | RuntimeException e) {
      return false;
    }
  }

  /** Returns the field of a name, in the form of JSON or of the contract. */
  public static @Nullable FieldDescriptor field(Descriptor type, String name) {
    FieldDescriptor field = type.findFieldByName(name);
    if (field != null) {
      return field;
    }
    for (FieldDescriptor each : type.getFields()) {
      if (each.getJsonName().equals(name)) {
        return each;
      }
    }
    return null;
  }

  /** Returns a message as JSON. */
  public byte[] write(Message message) {
    return print(message).getBytes(UTF_8);
  }

  /** Returns a message as JSON. */
  public String print(Message message) {
    try {
      return printer.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /** Returns a message as JSON, with the fields that have their default. */
  public String printWithDefaults(Message message) {
    try {
      return defaultsPrinter.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private static RuntimeException invalid(String why) {
    return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
  }
}
