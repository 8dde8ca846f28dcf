package io.fairlead.codegen.model;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.options.Policy;
import java.util.List;

/**
 * One method of a service.
 *
 * @param name its name on the wire
 * @param javaName its name in the two interfaces
 * @param constant the name of its contract in the third type
 * @param comment what the contract says about it, raw
 * @param policy the effective policy, service's and method's joined
 * @param hashKey the getters that lead to the hash key, none if there is no key
 */
public record MethodModel(
    String name,
    String javaName,
    String constant,
    Shape shape,
    JavaType request,
    JavaType response,
    String comment,
    boolean deprecated,
    IdempotencyLevel idempotency,
    Policy policy,
    List<String> hashKey) {}
