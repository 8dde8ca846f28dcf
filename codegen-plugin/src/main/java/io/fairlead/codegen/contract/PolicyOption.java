package io.fairlead.codegen.contract;

import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import java.util.ArrayList;
import java.util.List;

/**
 * A policy as one option of the contract states it.
 *
 * @param subject who states it, for messages: {@code rpc Inventory.Reserve}
 * @param options the path of the options that hold it
 */
record PolicyOption(
    Policy policy,
    String subject,
    List<Integer> options,
    SourceMap source,
    Diagnostics diagnostics) {

  /** Notes a mistake in one field of the policy, given by its numbers. */
  void refuse(String message, Integer... field) {
    List<Integer> path = new ArrayList<>(options);
    path.add(OptionsProto.METHOD_FIELD_NUMBER);
    path.addAll(List.of(field));
    diagnostics.add(source.location(path), subject + ": " + message);
  }

  boolean isEmpty() {
    return policy.equals(Policy.getDefaultInstance());
  }
}
