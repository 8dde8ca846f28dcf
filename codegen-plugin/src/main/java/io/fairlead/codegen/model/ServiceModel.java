package io.fairlead.codegen.model;

import io.fairlead.codegen.names.JavaType;
import io.fairlead.options.Policy;
import java.util.List;

/**
 * One service, ready to be written.
 *
 * @param file the .proto file that declares it
 * @param location where, as file, line and column
 * @param protoPackage the package there
 * @param name its simple name in the contract
 * @param blocking the interface that blocks
 * @param async the one that does not
 * @param rpc the class with contracts, factories and bindings
 * @param fileClass protoc's class for the file, which knows the descriptor
 * @param comment what the contract says about it, raw
 * @param touchesDeprecated whether the code must name something deprecated
 * @param policy what it states as a whole
 */
public record ServiceModel(
    String file,
    String location,
    String protoPackage,
    String name,
    JavaType blocking,
    JavaType async,
    JavaType rpc,
    JavaType fileClass,
    String comment,
    boolean deprecated,
    boolean touchesDeprecated,
    Policy policy,
    List<MethodModel> methods) {

  /** Its name on the wire. */
  public String fullName() {
    return protoPackage.isEmpty() ? name : protoPackage + "." + name;
  }

  public String javaPackage() {
    return blocking.packageName();
  }
}
