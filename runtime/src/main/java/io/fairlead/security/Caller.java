package io.fairlead.security;

import io.grpc.Context;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, as the server's {@link Authorizer} found out.
 *
 * @param name tells callers apart, in limits and in logs
 * @param scopes what the caller may do
 */
public record Caller(String name, Set<String> scopes) {
  private static final Context.Key<Caller> KEY = Context.key("fairlead-caller");

  public Caller {
    Objects.requireNonNull(name, "name");
    scopes = Set.copyOf(scopes);
  }

  /** Returns the caller of the call being served; null outside of one, or without an authorizer. */
  public static @Nullable Caller current() {
    return KEY.get();
  }

  /** Returns the context with this caller as the {@linkplain #current current} one. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }
}
