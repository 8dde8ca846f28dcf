package io.fairlead.gateway.internal.json;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.FieldMask;
import com.google.protobuf.TypeRegistry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages as JSON, by the rules of proto3, from the wire form and to it. Reading throws
 * INVALID_ARGUMENT, which names the field, the value and the place. Writing throws {@link
 * IllegalStateException} for bytes that are not the message, or that JSON has no form for.
 */
public final class JsonCodec {
  private final Schemas schemas;

  /** Makes a codec that knows these types in an {@code Any}. */
  public JsonCodec(TypeRegistry types) {
    this.schemas = new Schemas(types);
  }

  /** Returns a message that a whole text holds. */
  public byte[] read(Descriptor type, byte[] json) {
    MessageSchema schema = schemas.of(type);
    return read(json, type.getFullName(), false, true, reader -> reader.message(schema, 0));
  }

  /** Returns a message with one field, whose value a whole text holds. */
  public byte[] readField(FieldDescriptor field, byte[] json) {
    FieldSchema schema = field(field);
    return read(json, field.getFullName(), false, true, reader -> reader.field(schema, 0));
  }

  /**
   * Returns a message with one field, whose value a whole text holds.
   *
   * @param paths takes the paths of the fields that are in the value
   */
  public byte[] readField(FieldDescriptor field, byte[] json, FieldMask.Builder paths) {
    FieldSchema schema = field(field);
    ReadPaths found = new ReadPaths(paths);
    return read(json, field.getFullName(), false, true, reader -> reader.field(schema, found));
  }

  /**
   * Returns a message of parameters. Their values are texts also where JSON wants numbers, and
   * defaults are written. Merged after another message, it replaces what that one says.
   */
  public byte[] readParameters(Descriptor type, byte[] json) {
    MessageSchema schema = schemas.of(type);
    return read(json, type.getFullName(), true, false, reader -> reader.message(schema, 0));
  }

  private byte[] read(
      byte[] json, String type, boolean parameters, boolean placed, Consumer<JsonToWire> how) {
    if (!Words.isUtf8(json, 0, json.length)) {
      throw invalid("the JSON is not UTF-8");
    }
    JsonText text = new JsonText(json);
    Output out = new Output(json.length / 2 + 16);
    try {
      if (text.peek() == JsonText.END) {
        throw invalid("the body is empty; an empty message is {}");
      }
      how.accept(new JsonToWire(text, json.length, out, schemas, parameters));
      text.end();
    } catch (JsonFault e) {
      throw refusal(json, type, e.at(), e.isGrammar(), String.valueOf(e.getMessage()), placed);
    } catch (IllegalArgumentException e) {
      int at = text.start();
      throw refusal(json, type, at, false, e.getMessage() + ": " + text.quoted(at), placed);
    }
    return out.toByteArray();
  }

  private static StatusRuntimeException refusal(
      byte[] json, String type, int at, boolean grammar, String why, boolean placed) {
    String path = JsonPlace.path(json, at);
    String dot = path.isEmpty() || path.startsWith("[") ? "" : ".";
    return invalid(
        (grammar
                ? "the body is not JSON at $" + dot + path
                : "the JSON does not fit " + type + (path.isEmpty() ? "" : " at " + path))
            + ": "
            + why
            + (placed ? " (" + JsonPlace.lineAndColumn(json, at) + ")" : ""));
  }

  /** Returns a message as JSON. */
  public byte[] write(Descriptor type, byte[] message) {
    MessageSchema schema = schemas.of(type);
    return write(schema, message, writer -> writer.message(schema));
  }

  /** Returns the value of one field of a message as JSON; its default if the message has none. */
  public byte[] writeField(FieldDescriptor field, byte[] message) {
    FieldSchema schema = field(field);
    return write(schemas.of(field.getContainingType()), message, writer -> writer.fieldOf(schema));
  }

  private byte[] write(MessageSchema type, byte[] message, Consumer<WireToJson> how) {
    Output out = new Output(message.length * 3 + 64);
    try {
      how.accept(new WireToJson(message, out, schemas, false));
    } catch (WireToJson.Scattered scattered) {
      out.rewind(0);
      byte[] ordered = WireToJson.order(type, message, 0, message.length);
      how.accept(new WireToJson(ordered, out, schemas, true));
    }
    return out.toByteArray();
  }

  private FieldSchema field(FieldDescriptor field) {
    return schemas.of(field.getContainingType()).numbered(field.getNumber());
  }

  /** Returns the field of a name, in the form of JSON or of the contract; null without one. */
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

  private static StatusRuntimeException invalid(String why) {
    return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
  }
}
