package io.fairlead.telemetry;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts values by cell, without a lock. Threads are spread over a few stripes, each made when the
 * first thread comes to it. Two threads that meet on one part ways, so that cores seldom write to
 * the same cache line.
 */
final class Histogram {
  private static final int MAX_STRIPES = 4;
  static final int STRIPES =
      Math.min(MAX_STRIPES, Integer.highestOneBit(Runtime.getRuntime().availableProcessors()));

  /**
   * How far threads have moved from the stripe of their id, by the last bits of the id. Of all
   * histograms: threads that meet in one meet in others. Written only when two have met. No lock: a
   * move that is lost is made when they meet again.
   */
  private static final byte[] MOVES = new byte[256];

  private final BucketLayout layout;

  /** Each has a place for the sum, and then one for each cell. */
  private final AtomicReferenceArray<AtomicLongArray> stripes = new AtomicReferenceArray<>(STRIPES);

  /** The latest sampled value of each classic bucket; made with the first one. */
  private final AtomicReference<@Nullable AtomicReferenceArray<HistogramSnapshot.Exemplar>>
      exemplars = new AtomicReference<>();

  Histogram(BucketLayout layout) {
    this.layout = layout;
  }

  /** Adds a value in the layout's small unit. A negative one counts as 0. */
  void record(long value) {
    long thread = Thread.currentThread().getId();
    int index = stripeOf(thread);
    AtomicLongArray stripe = stripes.getPlain(index);
    if (stripe == null) {
      stripe = newStripe(index);
    }
    long added = Math.max(0, value);
    long sum = stripe.get(0);
    if (!stripe.compareAndSet(0, sum, sum + added)) {
      MOVES[lastBits(thread)]++;
      stripe.getAndAdd(0, added);
    }
    stripe.getAndIncrement(1 + layout.cell(value));
  }

  private static int lastBits(long thread) {
    return (int) thread & (MOVES.length - 1);
  }

  /** Returns the stripe on which a thread counts now, by its id. */
  static int stripeOf(long thread) {
    int last = lastBits(thread);
    return (last + MOVES[last]) & (STRIPES - 1);
  }

  /** Returns how many stripes were made. */
  int stripesInUse() {
    int made = 0;
    for (int i = 0; i < STRIPES; i++) {
      made += stripes.get(i) == null ? 0 : 1;
    }
    return made;
  }

  /** Adds a value, and keeps it as the example of its bucket if it was of a sampled trace. */
  void record(long value, @Nullable TraceContext trace) {
    record(value);
    if (trace != null && trace.sampled()) {
      keep(value, trace);
    }
  }

  private void keep(long value, TraceContext trace) {
    AtomicReferenceArray<HistogramSnapshot.Exemplar> kept = exemplars.get();
    if (kept == null) {
      kept = new AtomicReferenceArray<>(layout.classicBuckets());
      if (!exemplars.compareAndSet(null, kept)) {
        kept = Objects.requireNonNull(exemplars.get());
      }
    }
    kept.set(
        layout.classicIndex(layout.cell(value)),
        new HistogramSnapshot.Exemplar(
            layout.published(value), trace.traceId(), trace.spanId(), Instant.now()));
  }

  private List<HistogramSnapshot.Exemplar> exemplars() {
    AtomicReferenceArray<HistogramSnapshot.Exemplar> kept = exemplars.get();
    List<HistogramSnapshot.Exemplar> all = new ArrayList<>();
    for (int i = 0; kept != null && i < kept.length(); i++) {
      HistogramSnapshot.Exemplar exemplar = kept.get(i);
      if (exemplar != null) {
        all.add(exemplar);
      }
    }
    return all;
  }

  private AtomicLongArray newStripe(int index) {
    AtomicLongArray made = new AtomicLongArray(1 + layout.cells());
    AtomicLongArray other = stripes.compareAndExchange(index, null, made);
    return other == null ? made : other;
  }

  /** Adds the counts of all cells to those of others with the same layout. */
  void addCellsTo(long[] sums) {
    for (int i = 0; i < STRIPES; i++) {
      AtomicLongArray stripe = stripes.get(i);
      for (int cell = 0; stripe != null && cell < sums.length; cell++) {
        sums[cell] += stripe.get(1 + cell);
      }
    }
  }

  /** Returns what has been counted so far. A value that comes meanwhile may be in it by half. */
  HistogramSnapshot snapshot() {
    long sum = 0;
    long[] counts = new long[layout.cells()];
    for (int i = 0; i < STRIPES; i++) {
      AtomicLongArray stripe = stripes.get(i);
      if (stripe != null) {
        sum += stripe.get(0);
        for (int cell = 0; cell < counts.length; cell++) {
          counts[cell] += stripe.get(1 + cell);
        }
      }
    }
    return new HistogramSnapshot(layout, counts, sum, exemplars());
  }
}
