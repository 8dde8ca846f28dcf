package io.fairlead.balance;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads parameters out of the JSON forms of a service config. The one place where their types,
 * ranges and names are checked; every message names the parameter, the value and what is allowed.
 */
public final class BalancerConfigReader {
  private final String owner;
  private final Map<String, ?> values;
  private final TreeSet<String> readNames = new TreeSet<>();

  /** The parameters of an owner, which messages name. */
  public BalancerConfigReader(String owner, Map<String, ?> values) {
    this.owner = owner;
    this.values = new HashMap<>(values);
  }

  /** Returns a whole number in a range. */
  public int getInt(String name, int absent, int least, int most) {
    double value = getDouble(name, absent, least, most);
    if (value != Math.rint(value)) {
      throw invalid(name, value, "a whole number from " + least + " to " + most);
    }
    return (int) value;
  }

  /** Returns a number in a range. */
  public double getDouble(String name, double absent, double least, double most) {
    Object value = get(name);
    if (value == null) {
      return absent;
    }
    String allowed = "a number from " + format(least) + " to " + format(most);
    if (!(value instanceof Number number)) {
      throw invalid(name, value, allowed);
    }
    double found = number.doubleValue();
    if (!(found >= least && found <= most)) {
      throw invalid(name, value, allowed);
    }
    return found;
  }

  /** Returns a text. */
  public String getString(String name, String absent) {
    Object value = get(name);
    if (value == null) {
      return absent;
    }
    if (!(value instanceof String text)) {
      throw invalid(name, value, "a text");
    }
    return text;
  }

  /** Returns a boolean. */
  public boolean getBoolean(String name, boolean absent) {
    Object value = get(name);
    if (value == null) {
      return absent;
    }
    if (!(value instanceof Boolean flag)) {
      throw invalid(name, value, "true or false");
    }
    return flag;
  }

  /** Returns a duration like {@code "10s"}, {@code "1.5s"}, {@code "300ms"} or {@code "2m"}. */
  public Duration getDuration(String name, Duration absent, Duration least, Duration most) {
    Object value = get(name);
    if (value == null) {
      return absent;
    }
    Duration found = value instanceof String text ? parseDuration(text) : null;
    if (found == null || found.compareTo(least) < 0 || found.compareTo(most) > 0) {
      throw invalid(
          name,
          value,
          "a duration like \"10s\" from "
              + Durations.format(least)
              + " to "
              + Durations.format(most));
    }
    return found;
  }

  /** Returns a group of parameters; empty if it is not there. */
  public BalancerConfigReader getGroup(String name) {
    Object value = get(name);
    if (value == null) {
      return new BalancerConfigReader(owner + "." + name, Map.of());
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw invalid(name, value, "a group of parameters");
    }
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, inner) -> copy.put(String.valueOf(key), inner));
    return new BalancerConfigReader(owner + "." + name, copy);
  }

  /** Returns whether the parameter is given. */
  public boolean has(String name) {
    return get(name) != null;
  }

  /** Says that everything known was read: what is left is an error. */
  public void rejectUnknown() {
    List<String> unknown = new ArrayList<>(new TreeSet<>(values.keySet()));
    unknown.removeAll(readNames);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          owner
              + " has no parameter "
              + String.join(", ", unknown)
              + "; it knows "
              + (readNames.isEmpty() ? "none" : String.join(", ", readNames)));
    }
  }

  /** Returns what remains of a group whose names are not fixed. */
  public Map<String, ?> asMap() {
    readNames.addAll(values.keySet());
    return values;
  }

  private @Nullable Object get(String name) {
    readNames.add(name);
    return values.get(name);
  }

  private IllegalArgumentException invalid(String name, Object value, String allowed) {
    return new IllegalArgumentException(owner + "." + name + " is " + value + "; use " + allowed);
  }

  static String format(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** Returns a duration from its text, or null if the text is not a duration. */
  public static @Nullable Duration parseDuration(String text) {
    int unitAt = 0;
    while (unitAt < text.length()
        && (Character.isDigit(text.charAt(unitAt)) || text.charAt(unitAt) == '.')) {
      unitAt++;
    }
    double nanosPerUnit =
        switch (text.substring(unitAt)) {
          case "ns" -> 1;
          case "us" -> 1e3;
          case "ms" -> 1e6;
          case "s" -> 1e9;
          case "m" -> 60e9;
          case "h" -> 3600e9;
          default -> -1;
        };
    if (unitAt == 0 || nanosPerUnit < 0) {
      return null;
    }
    try {
      return Duration.ofNanos(
          Math.round(Double.parseDouble(text.substring(0, unitAt)) * nanosPerUnit));
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
