package io.fairlead.security.jwt;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object as two readers would: a name that comes twice, a comment, or text behind the
 * end is an error. Members that are null are left out, as absent ones are.
 */
final class StrictJson {
  /** Claims of real tokens are two or three levels deep. */
  private static final int MAX_DEPTH = 16;

  private static final int MAX_NUMBER_LENGTH = 40;

  private StrictJson() {}

  /** Throws an exception whose text says nothing of the input. */
  static Map<String, Object> object(String text) throws IOException {
    try (JsonReader reader = new JsonReader(new StringReader(text))) {
      reader.setStrictness(Strictness.STRICT);
      reader.setNestingLimit(MAX_DEPTH);
      Map<String, Object> members = object(reader);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new IOException("text behind the object");
      }
      return members;
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      // The reader's own words quote the input, and so does its cause.
      throw new IOException("not a JSON object");
    }
  }

  private static Map<String, Object> object(JsonReader reader) throws IOException {
    Map<String, Object> members = new LinkedHashMap<>();
    List<String> absent = new ArrayList<>();
    reader.beginObject();
    while (reader.hasNext()) {
      String name = reader.nextName();
      Object value = value(reader);
      boolean twice = absent.contains(name);
      if (value == null) {
        twice |= members.containsKey(name);
        absent.add(name);
      } else {
        twice |= members.put(name, value) != null;
      }
      if (twice) {
        throw new IOException("a name comes twice");
      }
    }
    reader.endObject();
    return Collections.unmodifiableMap(members);
  }

  private static @Nullable Object value(JsonReader reader) throws IOException {
    return switch (reader.peek()) {
      case BEGIN_OBJECT -> object(reader);
      case BEGIN_ARRAY -> array(reader);
      case STRING -> reader.nextString();
      case BOOLEAN -> reader.nextBoolean();
      case NUMBER -> number(reader.nextString());
      case NULL -> {
        reader.nextNull();
        yield null;
      }
      default -> throw new IOException("no value");
    };
  }

  private static List<Object> array(JsonReader reader) throws IOException {
    List<Object> items = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      Object item = value(reader);
      if (item != null) {
        items.add(item);
      }
    }
    reader.endArray();
    return Collections.unmodifiableList(items);
  }

  /** A whole number that fits is a long, and any other a double. */
  private static Object number(String text) throws IOException {
    if (text.length() > MAX_NUMBER_LENGTH) {
      throw new IOException("a number is too long");
    }
    BigDecimal value = new BigDecimal(text);
    // Before anything that writes it out: 1e999999999 is short, and its digits are not.
    if (value.precision() - (long) value.scale() > 18 || value.scale() > 0) {
      return value.doubleValue();
    }
    return value.longValueExact();
  }
}
