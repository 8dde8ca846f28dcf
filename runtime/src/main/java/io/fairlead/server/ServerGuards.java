package io.fairlead.server;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the transport and the handlers.
 *
 * @param authorizer null lets everyone in
 */
public record ServerGuards(@Nullable Authorizer authorizer, ServerLimits limits) {
  public ServerGuards {
    Objects.requireNonNull(limits, "limits");
  }
}
