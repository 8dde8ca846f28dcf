package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.Comparator;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * Some keys in etcd's order, from {@code first} up to {@code end} exclusive.
 *
 * @param end null where the range has no upper end
 * @param single whether it was asked for as one key
 */
record KeyRange(ByteString first, @Nullable ByteString end, boolean single) {
  static final Comparator<ByteString> ORDER = ByteString.unsignedLexicographicalComparator();
  static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

  /** Reads the pair of fields by which every request of the API names keys. */
  static KeyRange of(ByteString key, ByteString rangeEnd) {
    if (rangeEnd.isEmpty()) {
      return new KeyRange(key, key.concat(ZERO), true);
    }
    return new KeyRange(key, rangeEnd.equals(ZERO) ? null : rangeEnd, false);
  }

  boolean contains(ByteString key) {
    if (single) {
      return first.equals(key);
    }
    return ORDER.compare(first, key) <= 0 && (end == null || ORDER.compare(key, end) < 0);
  }

  boolean isEmpty() {
    return end != null && ORDER.compare(first, end) >= 0;
  }

  /** Returns the part of {@code map} that lies in this range, as a view. */
  <V> NavigableMap<ByteString, V> in(NavigableMap<ByteString, V> map) {
    if (isEmpty()) {
      return Collections.emptyNavigableMap();
    }
    return end == null ? map.tailMap(first, true) : map.subMap(first, true, end, false);
  }
}
