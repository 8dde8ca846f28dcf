package io.fairlead.samples.oncall;

import io.fairlead.samples.oncall.shop.CheckoutAsync;
import io.fairlead.samples.oncall.shop.Order;
import io.fairlead.samples.oncall.shop.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Customers who order at a steady rate, whatever the answers do. Orders have numbers, so that a
 * step is judged by those that began after it.
 */
final class Load implements AutoCloseable {
  /** Every fourth name has four letters, which version 1.5.0 of the inventory does not expect. */
  private static final List<String> ARTICLES = List.of("lantern", "compass", "rucksack", "rope");

  /** How many of the last orders tell how things are now. */
  private static final int LAST = 40;

  private final CheckoutAsync checkout;
  private final Thread thread = new Thread(this::run, "load");
  private volatile int rate;
  private volatile boolean stopped;

  /** By number; null while an order is under way. Guarded by this object's lock. */
  private final List<@Nullable Ended> orders = new ArrayList<>();

  /**
   * How an order ended.
   *
   * @param receipt null if it failed
   * @param failure empty if it did not fail
   */
  record Ended(@Nullable Receipt receipt, String failure) {
    boolean failed() {
      return receipt == null;
    }

    boolean hasNoSuggestions() {
      return receipt != null && receipt.getSuggestionsCount() == 0;
    }

    boolean isReservedBy(String instance) {
      return receipt != null && receipt.getReservedBy().equals(instance);
    }
  }

  Load(CheckoutAsync checkout) {
    this.checkout = checkout;
  }

  /** Starts it with so many orders a second. */
  void start(int ordersPerSecond) {
    rate = ordersPerSecond;
    thread.start();
  }

  void rate(int ordersPerSecond) {
    rate = ordersPerSecond;
  }

  private void run() {
    while (!stopped) {
      order();
      // No order is made up for: a machine that stood still must not cause an overload of its own.
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / rate);
    }
  }

  private void order() {
    int number;
    synchronized (this) {
      number = orders.size();
      orders.add(null);
    }
    checkout
        .buy(
            Order.newBuilder()
                .setId("o-" + number)
                .setArticle(ARTICLES.get(number % ARTICLES.size()))
                .build())
        .whenComplete(
            (receipt, failure) -> {
              String text = failure == null ? "" : String.valueOf(failure.getMessage());
              end(number, new Ended(receipt, text));
            });
  }

  private synchronized void end(int number, Ended how) {
    orders.set(number, how);
  }

  /** Returns the number of the next order. */
  synchronized int next() {
    return orders.size();
  }

  /** Returns the orders of these numbers that have ended. */
  synchronized List<Ended> ended(int from, int to) {
    List<Ended> ended = new ArrayList<>();
    for (Ended each : orders.subList(from, to)) {
      if (each != null) {
        ended.add(each);
      }
    }
    return ended;
  }

  /** Returns whether all orders before this number have ended. */
  boolean haveEnded(int before) {
    return ended(0, before).size() == before;
  }

  /** Returns the last orders; none if one of them is under way. */
  List<Ended> last() {
    int to = next();
    // The very last ones may be under way at any time.
    int from = Math.max(0, to - LAST * 2);
    List<Ended> ended = ended(from, to);
    return ended.size() < LAST ? List.of() : ended.subList(ended.size() - LAST, ended.size());
  }

  /** Ends the load, and waits for the orders that are under way; each has a deadline. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
      while (!haveEnded(next())) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
