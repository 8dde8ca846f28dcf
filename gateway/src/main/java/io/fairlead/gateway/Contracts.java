package io.fairlead.gateway;

import io.fairlead.gateway.internal.proxy.ContractSource;
import io.fairlead.gateway.internal.proxy.DescriptorSetFile;
import io.fairlead.gateway.internal.proxy.ReflectionSource;
import java.nio.file.Path;

/** Where a gateway reads the contracts of services that it forwards calls to. Immutable. */
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
   * --include_source_info} the OpenAPI document has the comments of the contract.
   */
  public static Contracts descriptorSet(Path file) {
    return new Contracts(new DescriptorSetFile(file));
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
