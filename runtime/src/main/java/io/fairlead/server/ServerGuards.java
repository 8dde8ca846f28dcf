package io.fairlead.server;

import io.fairlead.policy.MethodPolicies;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the transport and the handlers.
 *
 * @param authorizer null lets everyone in
 * @param policies of methods, above what their contracts say
 */
public record ServerGuards(
    @Nullable Authorizer authorizer, ServerLimits limits, MethodPolicies policies) {
  public ServerGuards {
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(policies, "policies");
  }
}
