package io.fairlead.contract;

import com.google.protobuf.Descriptors.FileDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/** One service of a contract: its name, its schema and its methods. Immutable. */
public final class ServiceContract {
  private final String name;
  private final List<MethodContract<?, ?>> methods;
  private final ServiceDescriptor descriptor;

  private ServiceContract(
      String name, Supplier<FileDescriptor> schema, List<MethodContract<?, ?>> methods) {
    this.name = Objects.requireNonNull(name, "name");
    this.methods = methods;
    ServiceDescriptor.Builder builder =
        ServiceDescriptor.newBuilder(name)
            .setSchemaDescriptor(new ServiceSchema(name, Objects.requireNonNull(schema, "schema")));
    methods.forEach(method -> builder.addMethod(method.descriptor()));
    this.descriptor = builder.build();
  }

  /**
   * Returns a service.
   *
   * @param name the full name, such as {@code shop.v1.Inventory}
   * @param schema the contract's file, asked for only when reflection or a stock tool needs it
   * @param methods all of its methods, in the contract's order
   */
  public static ServiceContract of(
      String name, Supplier<FileDescriptor> schema, MethodContract<?, ?>... methods) {
    return new ServiceContract(name, schema, List.of(methods));
  }

  /** Returns the full name. */
  public String name() {
    return name;
  }

  /** Returns the methods, in the contract's order. */
  public List<MethodContract<?, ?>> methods() {
    return methods;
  }

  /** Returns what gRPC knows of the service. */
  public ServiceDescriptor descriptor() {
    return descriptor;
  }

  @Override
  public String toString() {
    return name + methods;
  }
}
