package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where the contracts of a backend are read. Immutable, for many backends at once. */
public interface ContractSource {
  /**
   * Reads the files of all contracts, with those that they import. May block. What fails has a
   * message for the log that names the source.
   */
  CompletionStage<List<FileDescriptorProto>> read(Channel backend);
}
