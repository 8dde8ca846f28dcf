package io.fairlead.balance.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.algorithm.EndpointList;
import io.fairlead.internal.ImmutableArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects a list that mostly comes out as it was before: then it is the one from before, and
 * nothing is copied. A comparison of two such lists then ends at their identity. Nothing is
 * allocated before the first difference.
 */
final class SharingListBuilder {
  private final ImmutableArrayList<EndpointView> before;
  private final int most;
  private EndpointView @Nullable [] made;
  private int size;

  /**
   * Starts empty.
   *
   * @param most how many may be added
   */
  SharingListBuilder(ImmutableArrayList<EndpointView> before, int most) {
    this.before = before;
    this.most = most;
  }

  void add(EndpointHandle view) {
    EndpointView[] others = made;
    if (others == null) {
      if (size < before.size() && before.get(size) == view) {
        size++;
        return;
      }
      others = differs();
    }
    others[size++] = view;
  }

  private EndpointView[] differs() {
    EndpointView[] copy = new EndpointView[most];
    System.arraycopy(EndpointList.array(before), 0, copy, 0, size);
    made = copy;
    return copy;
  }

  int size() {
    return size;
  }

  ImmutableArrayList<EndpointView> list() {
    if (made == null && size == before.size()) {
      return before;
    }
    return ImmutableArrayList.of(Arrays.copyOf(made == null ? differs() : made, size));
  }
}
