package io.fairlead.server.internal.stack;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.PolicySource;
import io.fairlead.security.Authorizer;
import io.grpc.ServerInterceptor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the transport and the handlers.
 *
 * @param authorizer null lets everyone in
 * @param methods which methods need no caller, or just any
 * @param limits those of the builder
 * @param live may change the limits while the server runs; null if nothing does
 * @param policies of methods, above what their contracts say
 * @param interceptors of the application, the outermost first
 * @param observers hear of the end of each call
 * @param stallTimeout how long the one request of a call may take to arrive
 */
public record ServerAccessConfig(
    @Nullable Authorizer authorizer,
    MethodAccess methods,
    ConcurrencyLimits limits,
    @Nullable PolicySource live,
    MethodPolicies policies,
    List<ServerInterceptor> interceptors,
    List<ServerCallObserver> observers,
    Duration stallTimeout) {
  public ServerAccessConfig {
    interceptors = List.copyOf(interceptors);
    observers = List.copyOf(observers);
  }
}
