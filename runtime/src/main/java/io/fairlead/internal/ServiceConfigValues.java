package io.fairlead.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns values into the few types that grpc-java takes in a service config. */
public final class ServiceConfigValues {
  private ServiceConfigValues() {}

  public static Map<String, ?> of(Map<?, ?> map) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
    map.forEach((name, value) -> copy.put(String.valueOf(name), of(value)));
    return copy;
  }

  private static @Nullable Object of(@Nullable Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(ServiceConfigValues::of).toList();
    }
    if (value instanceof Map<?, ?> map) {
      return of(map);
    }
    return value;
  }
}
