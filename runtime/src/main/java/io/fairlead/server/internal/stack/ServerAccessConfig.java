package io.fairlead.server.internal.stack;

import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.security.Authorizer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the transport and the handlers.
 *
 * @param authorizer null lets everyone in
 * @param policies of methods, above what their contracts say
 */
public record ServerAccessConfig(
    @Nullable Authorizer authorizer, ConcurrencyLimits limits, MethodPolicies policies) {
  public ServerAccessConfig {
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(policies, "policies");
  }
}
