package io.fairlead.samples.aiplatform.common;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a process was started with: {@code id=capture-1 etcd=http://... data=/tmp/... more=...}. */
public final class Settings {
  private final Map<String, String> values;

  private Settings(Map<String, String> values) {
    this.values = values;
  }

  /** Reads the arguments of a process. */
  public static Settings parse(String... args) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String arg : args) {
      int equals = arg.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException(
            "\"" + arg + "\" is no setting; write name=value, such as id=capture-1");
      }
      values.put(arg.substring(0, equals), arg.substring(equals + 1));
    }
    return new Settings(values);
  }

  /** Returns the id of the process among those of its service. */
  public String id() {
    return text("id");
  }

  /** Returns the URL of etcd. */
  public String etcd() {
    return text("etcd");
  }

  /** Returns the folder that is this process's own. */
  public Path data() {
    return Path.of(text("data"));
  }

  /** Returns a setting that must be there. */
  public String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the setting " + name + "=... is missing");
    }
    return value;
  }

  /** Returns a setting, or what stands for it if it is not there. */
  public String text(String name, String absent) {
    return values.getOrDefault(name, absent);
  }

  /** Returns a number, or what stands for it if it is not there. */
  public int number(String name, int absent) {
    String value = values.get(name);
    try {
      return value == null ? absent : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the setting " + name + "=" + value + " is no whole number", e);
    }
  }
}
