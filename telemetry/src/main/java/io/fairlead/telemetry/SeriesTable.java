package io.fairlead.telemetry;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Series by the value of one label. A value that the filter does not want, or that comes when the
 * limit is reached, gets the series of another: usually those with the label {@code other}.
 *
 * @param <K> the value of the label
 * @param <S> its series
 */
final class SeriesTable<K, S> {
  private final ConcurrentMap<K, S> entries = new ConcurrentHashMap<>();
  private final Supplier<S> factory;
  private final SeriesLimit limit;
  private final int seriesOfEntry;
  private final Predicate<K> filter;
  private final Function<K, S> other;

  /**
   * Makes an empty table.
   *
   * @param seriesOfEntry how many of the limit's series an entry takes
   * @param other gives what stands in for a value that gets no entry
   */
  SeriesTable(
      Supplier<S> factory,
      SeriesLimit limit,
      int seriesOfEntry,
      Predicate<K> filter,
      Function<K, S> other) {
    this.factory = factory;
    this.limit = limit;
    this.seriesOfEntry = seriesOfEntry;
    this.filter = filter;
    this.other = other;
  }

  /** Makes a table whose values are few by their nature, so that no limit holds for it. */
  static <K, S> SeriesTable<K, S> unlimited(Supplier<S> factory) {
    return new SeriesTable<>(
        factory,
        new SeriesLimit(Integer.MAX_VALUE),
        0,
        key -> true,
        key -> {
          throw new AssertionError(key);
        });
  }

  /** Returns the series of a value. */
  S get(K key) {
    S known = entries.get(key);
    return known != null ? known : add(key);
  }

  private S add(K key) {
    if (!filter.test(key)) {
      return other.apply(key);
    }
    if (!limit.reserve(seriesOfEntry)) {
      limit.refused(key.toString());
      return other.apply(key);
    }
    S made = factory.get();
    S before = entries.putIfAbsent(key, made);
    if (before != null) {
      limit.release(seriesOfEntry);
      return before;
    }
    return made;
  }

  void forEach(BiConsumer<K, S> consumer) {
    entries.forEach(consumer);
  }
}
