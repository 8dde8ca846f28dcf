package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where the contracts of a backend are read. Immutable, for many backends at once. */
public interface ContractSource {
  /**
   * Reads which services there are, and the files of their contracts with all imports. May block.
   * What fails has a message for the log that names the source.
   */
  CompletionStage<FoundContracts> read(Channel backend);

  /** Reads the same, and links each file with its imports. */
  default CompletionStage<List<ServiceDescriptor>> services(Channel backend) {
    return read(backend).thenApply(ContractFiles::services);
  }
}
