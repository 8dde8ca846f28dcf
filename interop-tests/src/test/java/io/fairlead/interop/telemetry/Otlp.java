package io.fairlead.interop.telemetry;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.opentelemetry.api.common.Attributes;
import java.util.Map;
import java.util.TreeMap;

/** Reads the JSON form of OTLP, in which 64-bit numbers are text and empty fields are left out. */
final class Otlp {
  private Otlp() {}

  static JsonArray list(JsonObject object, String name) {
    return object.has(name) ? object.getAsJsonArray(name) : new JsonArray();
  }

  static String text(JsonObject object, String name) {
    return object.has(name) ? object.get(name).getAsString() : "";
  }

  static long number(JsonObject object, String name) {
    return object.has(name) ? object.get(name).getAsLong() : 0;
  }

  /** The attributes of something by name, with values of Java. */
  static Map<String, Object> attributes(JsonObject of) {
    Map<String, Object> attributes = new TreeMap<>();
    for (JsonElement each : list(of, "attributes")) {
      JsonObject value = each.getAsJsonObject().getAsJsonObject("value");
      attributes.put(each.getAsJsonObject().get("key").getAsString(), value(value));
    }
    return attributes;
  }

  private static Object value(JsonObject value) {
    String kind = value.keySet().iterator().next();
    JsonElement held = value.get(kind);
    return switch (kind) {
      case "intValue" -> held.getAsLong();
      case "doubleValue" -> held.getAsDouble();
      case "boolValue" -> held.getAsBoolean();
      default -> held.isJsonPrimitive() ? held.getAsString() : held.toString();
    };
  }

  /** The same of attributes that were never sent. */
  static Map<String, Object> attributes(Attributes given) {
    Map<String, Object> attributes = new TreeMap<>();
    given.forEach((key, value) -> attributes.put(key.getKey(), value));
    return attributes;
  }
}
