package io.fairlead.internal;

import java.util.List;
import java.util.stream.Collectors;

/** Names of an application's interceptors, for the texts of stacks. */
public final class InterceptorNames {
  private InterceptorNames() {}

  /** Returns the text of the interceptor, or the name of its class if it has none of its own. */
  public static String of(Object interceptor) {
    String text = interceptor.toString();
    String inherited =
        interceptor.getClass().getName() + "@" + Integer.toHexString(interceptor.hashCode());
    return text.equals(inherited) ? simpleName(interceptor.getClass()) : text;
  }

  /** Returns the names, separated by commas. */
  public static String of(List<?> interceptors) {
    return interceptors.stream().map(InterceptorNames::of).collect(Collectors.joining(", "));
  }

  private static String simpleName(Class<?> type) {
    // A class without a name of its own: an anonymous one has an empty one.
    String name = type.getSimpleName();
    if (name.isEmpty()) {
      name = type.getName().substring(type.getName().lastIndexOf('.') + 1);
    }
    int lambda = name.indexOf("$$Lambda");
    return lambda < 0 ? name : name.substring(0, lambda) + " lambda";
  }
}
