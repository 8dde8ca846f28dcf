package io.fairlead.gateway;

import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.gateway.internal.proxy.ContractSource;
import io.fairlead.gateway.internal.proxy.DescriptorSetFile;
import io.fairlead.gateway.internal.proxy.ReflectionSource;
import io.fairlead.gateway.internal.rest.Comments;
import io.grpc.Channel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Where the contracts of services in other processes are read: of those that a gateway forwards
 * calls to, and of those that a tool calls without generated code. Immutable.
 */
public final class Contracts {
  private final ContractSource source;

  private Contracts(ContractSource source) {
    this.source = source;
  }

  /**
   * Asks the services themselves, by gRPC server reflection. Servers of Fairlead have it on by
   * default.
   */
  public static Contracts reflection() {
    return new Contracts(ReflectionSource.INSTANCE);
  }

  /**
   * Reads a file that {@code protoc --include_imports --descriptor_set_out=FILE} wrote. With {@code
   * --include_source_info} the OpenAPI document has the comments of the contract, and so has the
   * console.
   */
  public static Contracts descriptorSet(Path file) {
    return new Contracts(new DescriptorSetFile(file));
  }

  /**
   * Reads the services that a channel leads to. Services about the server itself, such as health,
   * are left out.
   *
   * @return completes exceptionally if they cannot be read; the message names the source
   */
  public CompletionStage<List<ServiceDescriptor>> services(Channel channel) {
    return source.services(channel);
  }

  /**
   * Returns what the contract says of a service, a method, a message, an enum or a field; empty if
   * its descriptor has no comments, as those of reflection.
   */
  public static String comment(GenericDescriptor element) {
    return Comments.find(element);
  }

  ContractSource source() {
    return source;
  }

  /** Returns what is read. */
  @Override
  public String toString() {
    return source.toString();
  }
}
