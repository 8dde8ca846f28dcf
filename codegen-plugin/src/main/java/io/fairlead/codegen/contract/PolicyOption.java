package io.fairlead.codegen.contract;

import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  /** The policy that was read, or the default one and a mistake if it is unreadable. */
  static PolicyOption read(
      Optional<Policy> policy,
      String option,
      String subject,
      List<Integer> options,
      SourceMap source,
      Diagnostics diagnostics) {
    PolicyOption read =
        new PolicyOption(
            policy.orElse(Policy.getDefaultInstance()), subject, options, source, diagnostics);
    if (policy.isEmpty()) {
      read.refuse("option " + option + " cannot be read; " + PolicyExtensions.SAME_VERSION);
    }
    return read;
  }

  /** Notes a mistake in one field of the policy, given by its numbers. */
  void refuse(String message, Integer... field) {
    diagnostics.add(place(field), subject + ": " + message);
  }

  /** Notes that one field does nothing. */
  void warn(String message, Integer... field) {
    diagnostics.warn(place(field), subject + ": " + message);
  }

  /** Where the field stands. */
  SourceLocation place(Integer... field) {
    List<Integer> path = new ArrayList<>(options);
    path.add(OptionsProto.METHOD_FIELD_NUMBER);
    path.addAll(List.of(field));
    return source.location(path);
  }

  /** For a value that a method inherits: who states it, and where. */
  String states(Integer... field) {
    return ", which " + subject + " states at " + place(field) + ",";
  }
}
