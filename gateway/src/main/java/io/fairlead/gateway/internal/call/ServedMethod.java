package io.fairlead.gateway.internal.call;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A method of the server, with every layer around it.
 *
 * @param definition what to call
 * @param schema the method in its contract
 */
public record ServedMethod(ServerMethodDefinition<?, ?> definition, MethodDescriptor schema) {

  /** Returns the method; null if it was not made from a .proto file. */
  static @Nullable ServedMethod of(ServerMethodDefinition<?, ?> definition) {
    Object schema = definition.getMethodDescriptor().getSchemaDescriptor();
    return schema instanceof ProtoMethodDescriptorSupplier supplier
        ? new ServedMethod(definition, supplier.getMethodDescriptor())
        : null;
  }

  /** Returns the full name, such as {@code shop.v1.Inventory/Reserve}. */
  public String name() {
    return definition.getMethodDescriptor().getFullMethodName();
  }

  /** Returns whether one request leads to one response. */
  public boolean isUnary() {
    return !schema.isClientStreaming() && !schema.isServerStreaming();
  }

  /** Returns whether a call changes nothing, so that GET may make it. */
  public boolean isSafe() {
    return schema.getOptions().getIdempotencyLevel() == IdempotencyLevel.NO_SIDE_EFFECTS;
  }
}
