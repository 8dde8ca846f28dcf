package io.fairlead.balance;

import io.fairlead.internal.Arguments;
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
    Number value = get(name, Number.class, "a number");
    return value == null ? absent : Arguments.range(full(name), value.doubleValue(), least, most);
  }

  /** Returns a text. */
  public String getString(String name, String absent) {
    String value = get(name, String.class, "a text");
    return value == null ? absent : value;
  }

  /** Returns a boolean. */
  public boolean getBoolean(String name, boolean absent) {
    Boolean value = get(name, Boolean.class, "true or false");
    return value == null ? absent : value;
  }

  /** Returns a duration like {@code "10s"}, {@code "1.5s"}, {@code "300ms"} or {@code "2m"}. */
  public Duration getDuration(String name, Duration absent, Duration least, Duration most) {
    String text = get(name, String.class, "a duration like \"10s\"");
    return text == null
        ? absent
        : Arguments.range(full(name), Durations.parse(full(name), text), least, most);
  }

  /** Returns a group of parameters; empty if it is not there. */
  public BalancerConfigReader getGroup(String name) {
    Map<?, ?> group = get(name, Map.class, "a group of parameters");
    Map<String, Object> copy = new LinkedHashMap<>();
    if (group != null) {
      group.forEach((key, inner) -> copy.put(String.valueOf(key), inner));
    }
    return new BalancerConfigReader(full(name), copy);
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

  private <T> @Nullable T get(String name, Class<T> type, String allowed) {
    Object value = get(name);
    if (value != null && !type.isInstance(value)) {
      throw invalid(name, value, allowed);
    }
    return type.cast(value);
  }

  private String full(String name) {
    return owner + "." + name;
  }

  private IllegalArgumentException invalid(String name, Object value, String allowed) {
    return new IllegalArgumentException(full(name) + " is " + value + "; use " + allowed);
  }

  /** Returns a duration from its text, or null if the text is not a duration. */
  public static @Nullable Duration parseDuration(String text) {
    try {
      return Durations.parse("duration", text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
