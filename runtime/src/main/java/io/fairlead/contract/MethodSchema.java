package io.fairlead.contract;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Leads from a gRPC descriptor back to its contract, and lets stock tools find the schema.
 *
 * <p>grpc-java carries a schema object with each descriptor and hands it to nobody but reflection.
 * The runtime reads the contract from there, which costs a cast and no look-up by name.
 */
final class MethodSchema extends ServiceSchema implements ProtoMethodDescriptorSupplier {
  private final MethodContract<?, ?> contract;
  private final String name;

  MethodSchema(
      MethodContract<?, ?> contract,
      String service,
      String name,
      @Nullable Supplier<FileDescriptor> file) {
    super(service, file);
    this.contract = contract;
    this.name = name;
  }

  MethodContract<?, ?> contract() {
    return contract;
  }

  @Override
  public MethodDescriptor getMethodDescriptor() {
    MethodDescriptor method = getServiceDescriptor().findMethodByName(name);
    if (method == null) {
      throw new IllegalStateException(
          "the schema of %s has no method %s; generate the contract's code again"
              .formatted(getServiceDescriptor().getFullName(), name));
    }
    return method;
  }
}
