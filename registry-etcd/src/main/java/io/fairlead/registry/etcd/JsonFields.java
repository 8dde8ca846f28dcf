package io.fairlead.registry.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.fairlead.balance.BalancerConfigReader;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object of JSON strictly: each member has one type, and a member that nobody asked for is
 * an error. A process must refuse what it does not understand, or it would take half of a policy.
 * Every message names the member, its value and what is allowed.
 */
final class JsonFields {
  private final JsonObject object;
  private final String path;
  private final TreeSet<String> asked = new TreeSet<>();

  private JsonFields(JsonObject object, String path) {
    this.object = object;
    this.path = path;
  }

  /** The members of an object, whose names messages show as they are. */
  static JsonFields of(JsonObject object) {
    return new JsonFields(object, "");
  }

  private @Nullable JsonElement get(String name) {
    asked.add(name);
    JsonElement element = object.get(name);
    return element == null || element.isJsonNull() ? null : element;
  }

  private @Nullable JsonPrimitive primitive(String name, String allowed) {
    JsonElement element = get(name);
    if (element == null) {
      return null;
    }
    if (!element.isJsonPrimitive()) {
      throw invalid(name, element, allowed);
    }
    return element.getAsJsonPrimitive();
  }

  /** Returns a text, or null. */
  @Nullable String text(String name) {
    JsonPrimitive value = primitive(name, "a text");
    if (value != null && !value.isString()) {
      throw invalid(name, value, "a text");
    }
    return value == null ? null : value.getAsString();
  }

  /** Returns a text that must be there. */
  String required(String name) {
    String text = text(name);
    if (text == null) {
      throw new IllegalArgumentException(path + name + " is missing");
    }
    return text;
  }

  /** Hands over a text, if there is one. */
  void text(String name, Consumer<String> to) {
    String value = text(name);
    if (value != null) {
      to.accept(value);
    }
  }

  /** Hands over true or false, if it is there. */
  void flag(String name, Consumer<Boolean> to) {
    JsonPrimitive value = primitive(name, "true or false");
    if (value != null) {
      if (!value.isBoolean()) {
        throw invalid(name, value, "true or false");
      }
      to.accept(value.getAsBoolean());
    }
  }

  /** Hands over a number, if there is one. */
  void number(String name, Consumer<Double> to) {
    JsonPrimitive value = primitive(name, "a number");
    if (value != null) {
      if (!value.isNumber()) {
        throw invalid(name, value, "a number");
      }
      to.accept(value.getAsDouble());
    }
  }

  /** Hands over a whole number, if there is one. */
  void integer(String name, Consumer<Integer> to) {
    number(
        name,
        value -> {
          if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
            throw invalid(name, object.get(name), "a whole number");
          }
          to.accept(value.intValue());
        });
  }

  /** Returns a whole number that must be there, and is not negative. */
  long count(String name) {
    JsonPrimitive value = primitive(name, "a whole number");
    if (value == null) {
      throw new IllegalArgumentException(path + name + " is missing");
    }
    if (!value.isNumber() || !value.getAsString().matches("\\d{1,18}")) {
      throw invalid(name, value, "a whole number");
    }
    return value.getAsLong();
  }

  /** Hands over a duration, if there is one. */
  void duration(String name, Consumer<Duration> to) {
    JsonPrimitive value = primitive(name, "a duration like \"300ms\"");
    if (value != null) {
      Duration parsed =
          value.isString() ? BalancerConfigReader.parseDuration(value.getAsString()) : null;
      if (parsed == null) {
        throw invalid(name, value, "a duration like \"300ms\", \"1.5s\" or \"2m\"");
      }
      to.accept(parsed);
    }
  }

  /** Returns a time, or null. */
  @Nullable Instant time(String name) {
    String value = text(name);
    try {
      return value == null ? null : Instant.parse(value);
    } catch (DateTimeException e) {
      throw invalid(name, object.get(name), "a time like \"2026-11-30T12:00:00Z\"");
    }
  }

  /** Hands over one of an enum's constants, if there is one. */
  <E extends Enum<E>> void constant(String name, Class<E> type, Consumer<E> to) {
    JsonPrimitive value = primitive(name, "a text");
    if (value != null) {
      to.accept(constant(name, value, type));
    }
  }

  /** Hands over several of an enum's constants, if the member is there. */
  <E extends Enum<E>> void constants(String name, Class<E> type, Consumer<List<E>> to) {
    JsonElement value = get(name);
    if (value == null) {
      return;
    }
    if (!value.isJsonArray()) {
      throw invalid(name, value, "a list like [\"" + type.getEnumConstants()[0] + "\"]");
    }
    List<E> found = new ArrayList<>();
    for (JsonElement each : value.getAsJsonArray()) {
      found.add(constant(name, each, type));
    }
    to.accept(found);
  }

  /** Hands over several texts, if the member is there. */
  void texts(String name, Consumer<List<String>> to) {
    JsonElement value = get(name);
    if (value == null) {
      return;
    }
    List<String> found = new ArrayList<>();
    for (JsonElement each : value.isJsonArray() ? value.getAsJsonArray() : List.of(value)) {
      if (!value.isJsonArray()
          || !each.isJsonPrimitive()
          || !each.getAsJsonPrimitive().isString()) {
        throw invalid(name, value, "a list of texts");
      }
      found.add(each.getAsString());
    }
    to.accept(found);
  }

  private <E extends Enum<E>> E constant(String name, JsonElement value, Class<E> type) {
    String text =
        value.isJsonPrimitive() && value.getAsJsonPrimitive().isString() ? value.getAsString() : "";
    for (E each : type.getEnumConstants()) {
      if (each.name().equals(text)) {
        return each;
      }
    }
    List<String> known = Arrays.stream(type.getEnumConstants()).map(Enum::name).toList();
    throw invalid(name, value, "one of " + String.join(", ", known));
  }

  /** Returns the members of an object within this one, or null. */
  @Nullable JsonFields group(String name) {
    JsonElement value = get(name);
    if (value != null && !value.isJsonObject()) {
      throw invalid(name, value, "an object");
    }
    return value == null ? null : new JsonFields(value.getAsJsonObject(), path + name + ".");
  }

  /** Returns an object within this one as it is, or null. */
  @Nullable JsonObject object(String name) {
    return group(name) == null ? null : object.getAsJsonObject(name);
  }

  /** Returns whether the member is a text, which is the short form of some objects. */
  boolean isText(String name) {
    JsonElement value = get(name);
    return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
  }

  /** Returns the objects of a list; none if the member is not there. */
  List<JsonFields> list(String name) {
    JsonElement value = get(name);
    if (value != null && !value.isJsonArray()) {
      throw invalid(name, value, "a list of objects");
    }
    List<JsonFields> found = new ArrayList<>();
    for (JsonElement each : value == null ? new JsonArray() : value.getAsJsonArray()) {
      String at = path + name + "[" + found.size() + "]";
      if (!each.isJsonObject()) {
        throw new IllegalArgumentException(at + " is " + each + "; use an object");
      }
      found.add(new JsonFields(each.getAsJsonObject(), at + "."));
    }
    return found;
  }

  /** Names a member in messages about others, as if it had been asked for. */
  void mention(String name) {
    asked.add(name);
  }

  /** Says that all that is known was asked for: what is left is an error. */
  void end() {
    for (String name : object.keySet()) {
      if (!asked.contains(name)) {
        throw new IllegalArgumentException(
            "there is no field \"" + path + name + "\"" + meant(name) + "; known are " + names());
      }
    }
  }

  private String names() {
    return String.join(", ", asked.stream().map(each -> path + each).toList());
  }

  /** Returns the nearest known name as a question, or nothing if none is near. */
  private String meant(String name) {
    String nearest = "";
    int least = Math.max(1, name.length() / 3) + 1;
    for (String known : asked) {
      int distance = distance(name.toLowerCase(Locale.ROOT), known.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        nearest = known;
      }
    }
    return nearest.isEmpty() ? "" : ", did you mean \"" + path + nearest + "\"?";
  }

  /** Returns how many letters must be added, taken out or changed. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  private IllegalArgumentException invalid(String name, JsonElement value, String allowed) {
    return new IllegalArgumentException(path + name + " is " + value + "; use " + allowed);
  }
}
