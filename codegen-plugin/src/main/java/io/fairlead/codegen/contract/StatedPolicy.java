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
record StatedPolicy(
    Policy policy, String subject, List<Integer> options, SourceMap source, Problems problems) {

  /** Notes a mistake in one field of the policy, given by its numbers. */
  void refuse(String message, Integer... field) {
    List<Integer> path = new ArrayList<>(options);
    path.add(OptionsProto.METHOD_FIELD_NUMBER);
    path.addAll(List.of(field));
    problems.add(source.place(path), subject + ": " + message);
  }

  boolean isEmpty() {
    return policy.equals(Policy.getDefaultInstance());
  }
}
