package io.fairlead.registry.etcd;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads values that others wrote: names without regard to case, as Go does, and unknown ones
 * ignored.
 */
final class Json {
  private final JsonObject object;

  private Json(JsonObject object) {
    this.object = object;
  }

  static Json parse(String text) {
    JsonElement element;
    try {
      element = JsonParser.parseString(text);
    } catch (JsonParseException e) {
      throw new MalformedEntryException("not JSON: " + abridged(text));
    }
    if (!element.isJsonObject()) {
      throw new MalformedEntryException("not a JSON object: " + abridged(text));
    }
    return new Json(element.getAsJsonObject());
  }

  static Json of(JsonObject object) {
    return new Json(object);
  }

  @Nullable JsonElement get(String name) {
    JsonElement exact = object.get(name);
    if (exact != null) {
      return exact.isJsonNull() ? null : exact;
    }
    for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
      if (entry.getKey().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
        return entry.getValue().isJsonNull() ? null : entry.getValue();
      }
    }
    return null;
  }

  String text(String name) {
    JsonElement value = get(name);
    if (value == null) {
      return "";
    }
    if (!value.isJsonPrimitive()) {
      throw new MalformedEntryException(name + " is not a text: " + abridged(value.toString()));
    }
    return value.getAsString();
  }

  int number(String name, int otherwise) {
    JsonElement value = get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      return value.getAsBigDecimal().intValueExact();
    } catch (RuntimeException e) {
      throw new MalformedEntryException(
          name + " is not a whole number: " + abridged(value.toString()));
    }
  }

  boolean flag(String name) {
    return text(name).equals("true");
  }

  /** Returns a map of texts; empty if absent. */
  Map<String, String> texts(String name) {
    JsonElement value = get(name);
    if (value == null) {
      return Map.of();
    }
    if (!value.isJsonObject()) {
      throw new MalformedEntryException(name + " is not an object: " + abridged(value.toString()));
    }
    Map<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonElement> entry : value.getAsJsonObject().entrySet()) {
      if (entry.getValue().isJsonPrimitive()) {
        texts.put(entry.getKey(), entry.getValue().getAsString());
      }
    }
    return texts;
  }

  private static String abridged(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
