package io.fairlead.policy;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Sets of status codes as policies take them. */
final class CodeSets {
  private CodeSets() {}

  static Set<Code> failures(String field, Collection<Code> codes) {
    if (codes.isEmpty()) {
      throw new IllegalArgumentException(
          field + " is empty; name a code, as in UNAVAILABLE, or leave it out for the default");
    }
    if (codes.contains(Code.OK)) {
      throw new IllegalArgumentException(field + " holds OK, which is not a failure; leave it out");
    }
    // Ordered as in gRPC, so that equal sets print alike.
    return Collections.unmodifiableSet(EnumSet.copyOf(codes));
  }

  static Set<Code> of(Code... codes) {
    return codes.length == 0 ? Set.of() : EnumSet.copyOf(Arrays.asList(codes));
  }
}
