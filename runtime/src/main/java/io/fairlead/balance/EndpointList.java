package io.fairlead.balance;

import java.util.List;

/** Reads lists of endpoints as arrays. */
final class EndpointList {
  private static final EndpointView[] NONE = {};

  private EndpointList() {}

  /** The array of a list, for reading only. */
  static EndpointView[] array(List<EndpointView> list) {
    return ImmutableArrayList.array(list, NONE);
  }
}
