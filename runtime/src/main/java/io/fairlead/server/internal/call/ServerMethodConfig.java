package io.fairlead.server.internal.call;

import io.fairlead.contract.internal.ContractPolicy;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.Priority;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.util.Set;

/**
 * A method with what its policy asks of the server.
 *
 * @param policy what the contract and the builder say, joined
 */
public record ServerMethodConfig(String name, boolean unary, MethodPolicy policy) {

  /**
   * Returns the settings of a method: those of the builder, then those of the contract.
   *
   * @param policies what the builder says, above the contract
   */
  public static ServerMethodConfig of(MethodDescriptor<?, ?> descriptor, MethodPolicies policies) {
    String name = descriptor.getFullMethodName();
    boolean unary = descriptor.getType() == MethodType.UNARY;
    ContractPolicy schema = ContractPolicy.of(descriptor);
    MethodPolicy stated = policies.of(name, unary, schema.idempotent());
    return new ServerMethodConfig(name, unary, stated.over(schema.policy()));
  }

  /** Returns the settings of a method about the server itself, which no contract describes. */
  public static ServerMethodConfig builtIn(MethodDescriptor<?, ?> descriptor) {
    return new ServerMethodConfig(
        descriptor.getFullMethodName(),
        descriptor.getType() == MethodType.UNARY,
        MethodPolicy.empty());
  }

  public Set<String> scopes() {
    return policy.authScopes().map(Set::copyOf).orElse(Set.of());
  }

  public Priority priority() {
    return policy.priority().orElse(Priority.NORMAL);
  }
}
