package io.fairlead.security;

import io.grpc.Context;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, as the server's {@link Authorizer} found out.
 *
 * @param name tells callers apart, in limits and in logs
 * @param scopes what the caller may do
 * @param claims what else is known of the caller, such as the claims of its token; texts, numbers,
 *     booleans, and lists and maps of them
 */
public record Caller(String name, Set<String> scopes, Map<String, Object> claims) {
  private static final Context.Key<Caller> KEY = Context.key("fairlead-caller");

  public Caller {
    Objects.requireNonNull(name, "name");
    scopes = Set.copyOf(scopes);
    claims = Map.copyOf(claims);
  }

  /** A caller of whom no more is known. */
  public Caller(String name, Set<String> scopes) {
    this(name, scopes, Map.of());
  }

  /**
   * Returns whether it has this name.
   *
   * @param pattern a name; with {@code *} at its end it stands for all that begin like it
   */
  public boolean isNamed(String pattern) {
    return pattern.endsWith("*")
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  /** Returns the caller of the call being served; null outside of one, or without an authorizer. */
  public static @Nullable Caller current() {
    return KEY.get();
  }

  /** Returns the caller of the call that this context belongs to; null if there is none. */
  public static @Nullable Caller of(Context context) {
    return KEY.get(context);
  }

  /** Returns the context with this caller as the {@linkplain #current current} one. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }

  /** Returns the name and the scopes; claims are data of the caller, and do not belong in a log. */
  @Override
  public String toString() {
    return "Caller[" + name + " " + new TreeSet<>(scopes) + "]";
  }
}
