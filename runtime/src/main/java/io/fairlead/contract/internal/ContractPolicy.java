package io.fairlead.contract.internal;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors;
import io.fairlead.contract.Idempotency;
import io.fairlead.contract.MethodContract;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.LiveBounds;
import io.fairlead.options.Policy;
import io.fairlead.policy.MethodPolicy;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;

/**
 * What the contract says about a method: from our generated code, or, for a stock stub, from the
 * options in its schema descriptor. For the runtime: both sides read the same.
 *
 * @param idempotent whether the method may be executed twice
 * @param noSideEffects whether it need not be executed for its response
 */
public record ContractPolicy(MethodPolicy policy, boolean idempotent, boolean noSideEffects) {
  /** Reads it anew; the caller keeps it. */
  public static ContractPolicy of(MethodDescriptor<?, ?> method) {
    MethodContract<?, ?> contract = MethodContract.of(method);
    if (contract != null) {
      Idempotency stated = contract.idempotency();
      return new ContractPolicy(
          contract.policy(), stated.isIdempotent(), stated == Idempotency.NO_SIDE_EFFECTS);
    }
    boolean stated = method.isIdempotent() || method.isSafe();
    return method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema
        ? read(schema.getMethodDescriptor(), method, stated)
        : new ContractPolicy(MethodPolicy.empty(), stated, method.isSafe());
  }

  private static ContractPolicy read(
      Descriptors.MethodDescriptor schema, MethodDescriptor<?, ?> method, boolean stated) {
    IdempotencyLevel level = schema.getOptions().getIdempotencyLevel();
    boolean repeatable = stated || level != IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
    boolean safe = method.isSafe() || level == IdempotencyLevel.NO_SIDE_EFFECTS;
    Policy policy =
        EffectivePolicy.of(
            schema, method.getType() == MethodDescriptor.MethodType.UNARY, repeatable);
    return new ContractPolicy(PolicyOptionsParser.read(policy), repeatable, safe);
  }

  /** Returns the bounds that the contract sets for live policies; reads them anew. */
  public static LiveBounds liveBounds(MethodDescriptor<?, ?> method) {
    MethodContract<?, ?> contract = MethodContract.of(method);
    if (contract != null) {
      return contract.liveBounds();
    }
    return method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema
        ? LiveBounds.of(schema.getMethodDescriptor())
        : LiveBounds.NONE;
  }
}
