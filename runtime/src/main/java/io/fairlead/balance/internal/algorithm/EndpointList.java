package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.EndpointView;
import io.fairlead.internal.ImmutableArrayList;
import java.util.List;

/** Reads lists of endpoints as arrays. */
public final class EndpointList {
  private static final EndpointView[] NONE = {};

  private EndpointList() {}

  /** Returns the array of a list, for reading only. */
  public static EndpointView[] array(List<EndpointView> list) {
    return ImmutableArrayList.array(list, NONE);
  }
}
