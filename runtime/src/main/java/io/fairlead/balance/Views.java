package io.fairlead.balance;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/** A list of views that never changes, and whose array pickers may share. */
final class Views extends AbstractList<EndpointView> implements RandomAccess {
  static final Views NONE = new Views(new EndpointView[0]);

  private final EndpointView[] all;

  private Views(EndpointView[] all) {
    this.all = all;
  }

  /** Takes the array, which nobody may change any more. */
  static Views of(EndpointView[] owned) {
    return owned.length == 0 ? NONE : new Views(owned);
  }

  static Views copyOf(List<EndpointView> list) {
    return list instanceof Views views ? views : of(list.toArray(new EndpointView[0]));
  }

  /** The array of a list, for reading only. */
  static EndpointView[] array(List<EndpointView> list) {
    return copyOf(list).all;
  }

  /** This list with a member in it, at its place, or without it. For lists of members. */
  Views with(MemberView view, boolean wanted) {
    int at = placeFor(view.member().place());
    boolean there = at < all.length && all[at] == view;
    if (there == wanted) {
      return this;
    }
    EndpointView[] next = new EndpointView[all.length + (wanted ? 1 : -1)];
    System.arraycopy(all, 0, next, 0, at);
    if (wanted) {
      next[at] = view;
      System.arraycopy(all, at, next, at + 1, all.length - at);
    } else {
      System.arraycopy(all, at + 1, next, at, next.length - at);
    }
    return of(next);
  }

  /** Where the first stands whose place in the whole list is not before this one. */
  private int placeFor(int place) {
    int low = 0;
    int high = all.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (((MemberView) all[middle]).member().place() < place) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public EndpointView get(int index) {
    return all[index];
  }

  @Override
  public int size() {
    return all.length;
  }

  @Override
  public Object[] toArray() {
    return Arrays.copyOf(all, all.length, Object[].class);
  }
}
