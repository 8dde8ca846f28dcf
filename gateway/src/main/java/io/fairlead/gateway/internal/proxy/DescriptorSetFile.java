package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** A file that protoc wrote with {@code --descriptor_set_out}. */
public record DescriptorSetFile(Path file) implements ContractSource {

  @Override
  public CompletionStage<FoundContracts> read(Channel backend) {
    try {
      List<FileDescriptorProto> files =
          FileDescriptorSet.parseFrom(Files.readAllBytes(file)).getFileList();
      return files.isEmpty()
          ? failed("holds no file; write it with " + PROTOC, null)
          : CompletableFuture.completedFuture(FoundContracts.of(services(files), files));
    } catch (InvalidProtocolBufferException e) {
      return failed("is not a descriptor set; write it with " + PROTOC, e);
    } catch (IOException e) {
      return failed("cannot be read: " + e, e);
    }
  }

  /** Returns all services but those about a server itself: a file does not say who serves which. */
  private static Set<String> services(List<FileDescriptorProto> files) {
    return files.stream()
        .flatMap(
            file ->
                file.getServiceList().stream()
                    .map(
                        service ->
                            file.getPackage().isEmpty()
                                ? service.getName()
                                : file.getPackage() + "." + service.getName()))
        .filter(ReflectionSource::isForwarded)
        .collect(Collectors.toSet());
  }

  private static final String PROTOC = "protoc --include_imports --descriptor_set_out=FILE";

  private CompletionStage<FoundContracts> failed(
      String why, @org.jspecify.annotations.Nullable IOException cause) {
    return CompletableFuture.failedFuture(
        new IllegalArgumentException("the descriptor set " + file + " " + why, cause));
  }

  @Override
  public String toString() {
    return "descriptor set " + file;
  }
}
