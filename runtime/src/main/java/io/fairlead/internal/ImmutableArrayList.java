package io.fairlead.internal;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * A list that never changes, and whose array may be read without a copy.
 *
 * <p>Pickers read lists of endpoints for every call: an array costs less than a list, and a copy
 * for each picker would cost more than the rest of making it. Whoever takes the array promises not
 * to write to it.
 */
public final class ImmutableArrayList<E> extends AbstractList<E> implements RandomAccess {
  private final E[] all;

  private ImmutableArrayList(E[] all) {
    this.all = all;
  }

  /** Takes the array, which nobody may change any more. */
  public static <E> ImmutableArrayList<E> of(E[] owned) {
    return new ImmutableArrayList<>(owned);
  }

  /**
   * Returns the list itself if it is one of these, else a copy.
   *
   * @param type an array of the elements' type, to say which one to make
   */
  public static <E> ImmutableArrayList<E> copyOf(List<E> list, E[] type) {
    return list instanceof ImmutableArrayList<E> same ? same : of(list.toArray(type));
  }

  /** Returns the array of a list, for reading only. */
  public static <E> E[] array(List<E> list, E[] type) {
    return copyOf(list, type).all;
  }

  @Override
  public E get(int index) {
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
