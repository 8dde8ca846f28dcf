package io.fairlead.bench.registry;

import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.Resolution;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Waits for what a registry tells, and knows when it was told. */
final class Observer implements Consumer<Resolution> {
  private static final long PATIENCE_SECONDS = 120;

  private Resolution last = new Resolution.Pending();
  private @Nullable Predicate<Resolution> wanted;
  private @Nullable CompletableFuture<Long> told;
  private volatile @Nullable Thread teller;

  @Override
  public synchronized void accept(Resolution news) {
    last = news;
    teller = Thread.currentThread();
    check();
  }

  private void check() {
    if (wanted != null && told != null && wanted.test(last)) {
      told.complete(System.nanoTime());
      wanted = null;
    }
  }

  /** When it was told, or is now if it was before. */
  synchronized CompletableFuture<Long> when(Predicate<Resolution> condition) {
    CompletableFuture<Long> asked = new CompletableFuture<Long>();
    told = asked;
    wanted = condition;
    check();
    return asked.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Waits; returns when it was told, in nanoseconds. */
  long await(Predicate<Resolution> condition) {
    return when(condition).join();
  }

  static Predicate<Resolution> size(int count) {
    return news ->
        news instanceof Resolution.Bound bound && bound.snapshot().endpoints().size() == count;
  }

  static Predicate<Resolution> revision(long atLeast) {
    return news -> revisionOf(news) >= atLeast;
  }

  static long revisionOf(Resolution news) {
    return news instanceof Resolution.Bound bound ? bound.snapshot().revision() : -1;
  }

  synchronized @Nullable EndpointSnapshot snapshot() {
    return last instanceof Resolution.Bound bound ? bound.snapshot() : null;
  }

  /** The registry's thread. */
  Thread teller() {
    Thread thread = teller;
    if (thread == null) {
      throw new IllegalStateException("nothing was told yet");
    }
    return thread;
  }
}
