package io.fairlead.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A part of a run: these variants, in turn, under each of these loads.
 *
 * @param instances servers that each client balances over
 * @param tls whether it encrypts
 */
record Section(int instances, boolean tls, List<String> variants, List<Load> loads) {

  /** How a load of this section is called in reports. */
  String label(Object load) {
    return load + (instances == 1 ? "" : " on " + instances) + (tls ? " TLS" : "");
  }

  Section encrypted() {
    return new Section(instances, /* tls= */ true, variants, loads);
  }

  /** Starts its variants, and measures them, from the last to the first. */
  Section reversed() {
    List<String> backwards = new ArrayList<>(variants);
    Collections.reverse(backwards);
    return new Section(instances, tls, backwards, loads);
  }

  static Section of(int instances, List<String> variants, String... loads) {
    return new Section(
        instances, /* tls= */ false, variants, List.of(loads).stream().map(Load::parse).toList());
  }
}
