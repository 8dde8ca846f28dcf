package io.fairlead.interop.registry;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a registry of ours says of one service, to be waited for. */
final class Watched implements AutoCloseable {
  private static final Duration CEILING = Duration.ofMinutes(2);

  private final List<Resolution> all = new ArrayList<>();
  private final Watch watch;

  Watched(Registry registry, String service) {
    this.watch = registry.watch(service, this::add);
  }

  private synchronized void add(Resolution resolution) {
    all.add(resolution);
    notifyAll();
  }

  /** The addresses in the last list; none if there is no list. */
  private static Set<String> addresses(Resolution resolution) {
    return resolution instanceof Resolution.Bound bound
        ? bound.snapshot().endpoints().stream()
            .map(Watched::address)
            .collect(Collectors.toUnmodifiableSet())
        : Set.of();
  }

  private static String address(Endpoint endpoint) {
    return endpoint.addresses().get(0).hostAndPort();
  }

  /** Returns when exactly these addresses are there. */
  void await(Set<String> wanted) throws InterruptedException {
    await(resolution -> addresses(resolution).equals(wanted));
  }

  /** Returns when no endpoint is left. */
  void awaitAbsent() throws InterruptedException {
    await(Resolution.Absent.class::isInstance);
  }

  /** Whether a list was held although the registry said that it is empty. */
  synchronized boolean wasHeld() {
    return all.stream()
        .anyMatch(
            each ->
                each instanceof Resolution.Bound bound
                    && bound.freshness() == Resolution.Freshness.PRESERVED);
  }

  private synchronized void await(Predicate<Resolution> wanted) throws InterruptedException {
    long end = System.nanoTime() + CEILING.toNanos();
    while (all.isEmpty() || !wanted.test(all.get(all.size() - 1))) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw new AssertionError("not within " + CEILING + "; the registry said " + all);
      }
      wait(left);
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}
