package io.fairlead.bench;

import java.util.List;

/**
 * A part of a run: these variants, in turn, under each of these loads.
 *
 * @param instances servers that each client balances over
 */
record Section(int instances, List<String> variants, List<Load> loads) {

  /** How a load of this section is called in reports. */
  String label(Object load) {
    return instances == 1 ? load.toString() : load + " on " + instances;
  }

  static Section of(int instances, List<String> variants, String... loads) {
    return new Section(instances, variants, List.of(loads).stream().map(Load::parse).toList());
  }
}
