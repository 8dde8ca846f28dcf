package io.fairlead.bench.soak;

import io.fairlead.Source;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import shop.v1.ImportSummary;
import shop.v1.Inventory;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;
import shop.v1.StockLevel;
import shop.v1.WatchRequest;

/** Answers each question in a way that its caller can check, and counts who is inside. */
final class Warehouse implements Inventory {
  /** The SKU that takes longer than its caller waits. */
  static final String SLOW = "slow";

  private static final long SLOW_NANOS = 200_000_000;

  /** Makes messages of about a kilobyte: a stream that is left early fills a window of 1 MiB. */
  private static final String FILLING = "x".repeat(1_000);

  private final AtomicInteger inside = new AtomicInteger();

  int inside() {
    return inside.get();
  }

  @Override
  public Reservation reserve(ReserveRequest request) {
    inside.incrementAndGet();
    try {
      if (request.getSku().equals(SLOW)) {
        takeLong();
      }
      return Reservation.newBuilder()
          .setId(request.getOrderId())
          .setSku(request.getSku())
          .setQuantity(request.getQuantity())
          .build();
    } finally {
      inside.decrementAndGet();
    }
  }

  /** Unless it is interrupted; the wait of a thread may end early for other reasons too. */
  private static void takeLong() {
    long end = System.nanoTime() + SLOW_NANOS;
    for (long left = SLOW_NANOS; left > 0; left = end - System.nanoTime()) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      LockSupport.parkNanos(left);
    }
  }

  /** As many levels as the first SKU says. */
  @Override
  public Source<StockLevel> watch(WatchRequest request) {
    long wanted = Long.parseLong(request.getSkus(0));
    return Source.from(
        out -> {
          inside.incrementAndGet();
          try {
            for (long i = 0; i < wanted; i++) {
              out.send(StockLevel.newBuilder().setSku(FILLING).setQuantity(i).build());
            }
          } finally {
            inside.decrementAndGet();
          }
        });
  }

  @Override
  public ImportSummary import_(Source<StockLevel> levels) {
    inside.incrementAndGet();
    try (levels) {
      int count = 0;
      for (StockLevel level : levels) {
        count += level.getQuantity() >= 0 ? 1 : 0;
      }
      return ImportSummary.newBuilder().setAccepted(count).build();
    } finally {
      inside.decrementAndGet();
    }
  }

  @Override
  public Source<StockLevel> sync(Source<StockLevel> levels) {
    return levels.map(level -> level.toBuilder().setQuantity(level.getQuantity() + 1).build());
  }
}
