package io.fairlead.contract;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The schema of a service, found when it is asked for.
 *
 * <p>Protobuf's descriptors take longer to load than all else at a start, and most programs never
 * need them: only reflection and stock tools ask.
 */
class ServiceSchema implements ProtoServiceDescriptorSupplier, ProtoFileDescriptorSupplier {
  private final String service;
  private final @Nullable Supplier<FileDescriptor> file;

  ServiceSchema(String service, @Nullable Supplier<FileDescriptor> file) {
    this.service = service;
    this.file = file;
  }

  /** Returns whether there is a schema: a contract that was built by hand may have none. */
  final boolean hasFile() {
    return file != null;
  }

  @Override
  public final FileDescriptor getFileDescriptor() {
    if (file == null) {
      throw new IllegalStateException("the contract of " + service + " was built without a schema");
    }
    return file.get();
  }

  @Override
  public final ServiceDescriptor getServiceDescriptor() {
    FileDescriptor descriptor = getFileDescriptor();
    String simpleName = service.substring(service.lastIndexOf('.') + 1);
    ServiceDescriptor found = descriptor.findServiceByName(simpleName);
    if (found == null) {
      throw new IllegalStateException(
          "%s has no service %s; generate the contract's code again"
              .formatted(descriptor.getName(), service));
    }
    return found;
  }
}
