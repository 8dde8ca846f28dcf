package io.fairlead.contract.internal;

import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.DescriptorProtos.ServiceOptions;
import com.google.protobuf.Descriptors;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.fairlead.contract.Idempotency;
import io.fairlead.contract.MethodContract;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.OptionsProto;
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
    if (!importsOptions(schema.getFile())) {
      return new ContractPolicy(MethodPolicy.empty(), repeatable, safe);
    }
    Descriptors.ServiceDescriptor service = schema.getService();
    Policy policy =
        EffectivePolicy.of(
            known(service.getOptions(), ServiceOptions.parser(), service.getFullName())
                .getExtension(OptionsProto.service),
            known(schema.getOptions(), MethodOptions.parser(), schema.getFullName())
                .getExtension(OptionsProto.method),
            method.getType() == MethodDescriptor.MethodType.UNARY,
            repeatable);
    return new ContractPolicy(PolicyOptionsParser.read(policy), repeatable, safe);
  }

  /** Whether its options of that number are ours, and not those of another project. */
  private static boolean importsOptions(Descriptors.FileDescriptor file) {
    return file.toProto().getOptionDependencyList().contains("fairlead/options.proto")
        || file.getDependencies().stream().anyMatch(ContractPolicy::offersOptions);
  }

  private static boolean offersOptions(Descriptors.FileDescriptor imported) {
    return imported.getExtensions().stream()
            .anyMatch(
                extension ->
                    extension.getFullName().equals("fairlead.method")
                        && extension.getNumber() == OptionsProto.METHOD_FIELD_NUMBER)
        || imported.getPublicDependencies().stream().anyMatch(ContractPolicy::offersOptions);
  }

  /** A descriptor that was loaded without our extensions holds them as unknown fields. */
  private static <T extends Message> T known(T options, Parser<T> parser, String name) {
    try {
      return options.getUnknownFields().asMap().isEmpty()
          ? options
          : parser.parseFrom(options.toByteString(), Options.KNOWN);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          ("The options of %s in its schema descriptor cannot be read; compile the contract again"
                  + " with the fairlead/options.proto of this runtime")
              .formatted(name),
          e);
    }
  }

  /**
   * Made only for who needs it: protobuf's own descriptors take longer than all else at a start.
   */
  private static final class Options {
    static final ExtensionRegistry KNOWN = ExtensionRegistry.newInstance();

    static {
      OptionsProto.registerAllExtensions(KNOWN);
    }
  }
}
