package io.fairlead.samples.aiplatform.assistant;

import java.util.Arrays;

/**
 * How often one character follows others in a text: all pieces of eight characters, sorted. What
 * begins alike stands together, so a count is the distance between two places.
 */
final class Windows {
  /** The longest context that is looked up. */
  static final int ORDER = 7;

  private static final int LENGTH = ORDER + 1;
  private static final int BITS = 7;

  private final long[] sorted;

  private Windows(long[] sorted) {
    this.sorted = sorted;
  }

  /**
   * Returns the windows of a text that begin from one place and before another; behind the end
   * stand zeros.
   */
  static Windows of(byte[] symbols, int from, int to) {
    long[] windows = new long[Math.max(0, to - from)];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = pack(symbols, from + i, LENGTH);
    }
    Arrays.sort(windows);
    return new Windows(windows);
  }

  private static long pack(byte[] symbols, int from, int length) {
    long packed = 0;
    for (int i = 0; i < length; i++) {
      packed = (packed << BITS) | (from + i < symbols.length ? symbols[from + i] : 0);
    }
    return packed;
  }

  int size() {
    return sorted.length;
  }

  /** Returns the last symbols of a text as what windows begin with. */
  static long context(byte[] symbols, int end, int order) {
    return pack(symbols, end - order, order);
  }

  /** Returns where windows that begin with these symbols stand, or would stand. */
  private int begin(long prefix, int length) {
    long key = prefix << (BITS * (LENGTH - length));
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Returns how often these symbols are there. */
  int count(long prefix, int length) {
    return begin(prefix + 1, length) - begin(prefix, length);
  }

  /** Adds how often each symbol follows these; returns how many do. */
  int addNext(long prefix, int length, double[] counts) {
    int from = begin(prefix, length);
    int to = begin(prefix + 1, length);
    int shift = BITS * (LENGTH - length - 1);
    int at = from;
    while (at < to) {
      int next = symbol(sorted[at], shift);
      int end = at + 1;
      if (end < to && symbol(sorted[end], shift) == next) {
        end = begin(then(prefix, next) + 1, length + 1);
      }
      counts[next] += end - at;
      at = end;
    }
    return to - from;
  }

  private static int symbol(long window, int shift) {
    return (int) (window >>> shift) & ((1 << BITS) - 1);
  }

  /** Returns symbols with one more behind them. */
  static long then(long prefix, int symbol) {
    return (prefix << BITS) | symbol;
  }
}
