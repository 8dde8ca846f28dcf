package io.fairlead.server;

import io.fairlead.contract.MethodContract;
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
record ServedMethod(String name, boolean unary, MethodPolicy policy) {

  static ServedMethod of(MethodDescriptor<?, ?> descriptor) {
    MethodContract<?, ?> contract = MethodContract.of(descriptor);
    return new ServedMethod(
        descriptor.getFullMethodName(),
        descriptor.getType() == MethodType.UNARY,
        contract == null ? MethodPolicy.empty() : contract.policy());
  }

  Set<String> scopes() {
    return policy.authScopes() == null ? Set.of() : Set.copyOf(policy.authScopes());
  }

  Priority priority() {
    return policy.priority() == null ? Priority.NORMAL : policy.priority();
  }
}
