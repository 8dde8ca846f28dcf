package io.fairlead.observe.internal;

/** Finds out which events an observer wants to hear of, so that the others cost no call. */
public final class ObserverHooks {
  private ObserverHooks() {}

  /** Returns whether an observer has a method of its own in place of the empty one it inherits. */
  public static boolean overrides(
      Object observer, Class<?> type, String hook, Class<?>... parameters) {
    try {
      return observer.getClass().getMethod(hook, parameters).getDeclaringClass() != type;
    } catch (NoSuchMethodException e) {
      throw new AssertionError(type + " has no " + hook, e);
    }
  }
}
