package io.fairlead.balance;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects a list that mostly comes out as it was before: then it is the one from before, and
 * nothing is copied. So comparing two of them costs nothing either.
 */
final class SameOrNew {
  private final List<EndpointView> before;
  private final int most;
  private @Nullable EndpointView @Nullable [] made;
  private int size;

  /**
   * Starts empty.
   *
   * @param most how many may be added
   */
  SameOrNew(List<EndpointView> before, int most) {
    this.before = before;
    this.most = most;
  }

  @SuppressWarnings("ReferenceEquality") // views are compared by identity
  void add(EndpointView view) {
    @Nullable EndpointView[] others = made;
    if (others == null) {
      if (size < before.size() && before.get(size) == view) {
        size++;
        return;
      }
      others = differs();
    }
    others[size++] = view;
  }

  private @Nullable EndpointView[] differs() {
    @Nullable EndpointView[] copy = new EndpointView[most];
    for (int i = 0; i < size; i++) {
      copy[i] = before.get(i);
    }
    made = copy;
    return copy;
  }

  int size() {
    return size;
  }

  List<EndpointView> list() {
    if (made == null && size == before.size()) {
      return before;
    }
    return List.of(Arrays.copyOf(made == null ? differs() : made, size));
  }
}
