package io.fairlead.gateway.internal.json;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The entries of a map that follow each other in wire form, and which of them are replaced by a
 * later one with the same key.
 */
final class MapKeys {
  /** Up to here, each key is compared with each. */
  private static final int FEW = 16;

  private static final BitSet NONE = new BitSet(0);

  private final byte[] in;
  private final BitSet replaced;
  private int count;

  /** Where each key begins and ends. */
  private int[] keys = new int[8];

  /**
   * Reads entries from the tag of the first one, as long as their tag is the same.
   *
   * @param keyTag the tag of a key; a field of its number in another form is an unknown field
   */
  MapKeys(WireInput wire, int start, int end, int keyTag) {
    this.in = wire.array();
    wire.seek(start);
    int tag = wire.tag(end);
    int next = tag;
    while (next == tag) {
      int stop = wire.delimited(end);
      if (2 * count == keys.length) {
        keys = Arrays.copyOf(keys, 4 * count);
      }
      key(wire, stop, keyTag);
      count++;
      wire.seek(stop);
      next = stop < end ? wire.tag(end) : 0;
    }
    this.replaced = count < 2 ? NONE : count <= FEW ? few() : many();
  }

  private void key(WireInput wire, int stop, int keyTag) {
    int from = stop;
    int to = stop;
    while (wire.at() < stop) {
      int tag = wire.tag(stop);
      int begin = wire.at();
      wire.skip(tag, stop, 0);
      if (tag == keyTag) {
        from = begin;
        to = wire.at();
      }
    }
    keys[2 * count] = from;
    keys[2 * count + 1] = to;
  }

  private BitSet few() {
    BitSet found = NONE;
    boolean any = false;
    for (int i = 0; i < count; i++) {
      int from = keys[2 * i];
      int to = keys[2 * i + 1];
      for (int k = i + 1; k < count; k++) {
        int other = keys[2 * k];
        int otherEnd = keys[2 * k + 1];
        if (to - from == otherEnd - other && Arrays.equals(in, from, to, in, other, otherEnd)) {
          found = any ? found : new BitSet(count);
          any = true;
          found.set(i);
          break;
        }
      }
    }
    return found;
  }

  private BitSet many() {
    // Sorted, as a table would be slow with keys that are chosen for their hash.
    Integer[] sorted = new Integer[count];
    Arrays.setAll(sorted, each -> each);
    Arrays.sort(sorted, this::compare);
    BitSet found = new BitSet(count);
    for (int i = 1; i < count; i++) {
      // The sort is stable: of equal keys, the last one stands behind the others.
      if (compare(sorted[i - 1], sorted[i]) == 0) {
        found.set(sorted[i - 1]);
      }
    }
    return found;
  }

  private int compare(int one, int other) {
    return Arrays.compare(
        in, keys[2 * one], keys[2 * one + 1], in, keys[2 * other], keys[2 * other + 1]);
  }

  /** Returns how many entries there are. */
  int count() {
    return count;
  }

  /** Returns whether an entry with the same key follows this one. */
  boolean isReplaced(int entry) {
    return replaced.get(entry);
  }

  /** Returns whether two entries have the same key. */
  boolean hasReplaced() {
    return !replaced.isEmpty();
  }
}
