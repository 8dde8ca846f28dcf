package io.fairlead.samples.quickstart;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What the quickstart shows, step by step; each step waits for what it promises. */
final class Scenario {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofSeconds(3);

  private final Store store;
  private final Fleet fleet;
  private final Load load;
  private final Stats stats;
  private final LiveTable table;
  private final Screen screen;
  private boolean kept = true;

  Scenario(Store store, Fleet fleet, Load load, Stats stats, LiveTable table, Screen screen) {
    this.store = store;
    this.fleet = fleet;
    this.load = load;
    this.stats = stats;
    this.table = table;
    this.screen = screen;
  }

  /** Plays it; false if a step did not come true or a call failed. */
  boolean play() throws InterruptedException {
    screen.line(
        store.isOurs()
            ? "An embedded etcd runs at " + store.url()
            : "Using the etcd at " + store.url());
    List<String> first = List.of("model-1", "model-2", "model-3");
    first.forEach(fleet::start);
    if (!await(
        "three instances are registered", () -> table.registered().keySet().containsAll(first))) {
      if (!store.isOurs()) {
        screen.line(
            "  does an etcd answer at " + store.url() + "? Start one there, or leave --etcd out.");
      }
      return false;
    }
    table.start();
    load.start();
    step(
        "Three instances are up, a client makes " + Load.CALLS_PER_SECOND + " calls a second",
        () -> {},
        "all three answer",
        () -> table.serving().containsAll(first));
    step(
        "Killed model-2 with -9",
        () -> fleet.kill("model-2"),
        "it gets no more calls",
        () -> !table.serving().contains("model-2"));
    step(
        "Started model-2 again",
        () -> fleet.start("model-2"),
        "it answers",
        () -> table.serving().contains("model-2"));
    step(
        "Added model-4",
        () -> fleet.start("model-4"),
        "it answers",
        () -> table.serving().contains("model-4"));
    step(
        "Drained model-1 gracefully",
        () -> fleet.drain("model-1"),
        "its process ended in good order",
        () -> !fleet.isAlive("model-1") && !table.registered().containsKey("model-1"));
    takeEtcdAway();
    return summary();
  }

  private void takeEtcdAway() throws InterruptedException {
    if (!store.isOurs()) {
      screen.line("- etcd is yours, so it is left alone; without --etcd it is taken away here");
      return;
    }
    step(
        "Took etcd away, with all it knew",
        store::takeAway,
        "the client keeps its last list",
        () -> !table.isCurrent());
    step(
        "Brought an empty etcd back",
        store::bringBack,
        "every instance registered again by itself",
        () ->
            table.isCurrent()
                && table.registered().keySet().equals(Set.of("model-2", "model-3", "model-4")));
  }

  private void step(String what, Runnable act, String promise, BooleanSupplier comesTrue)
      throws InterruptedException {
    Stats.Total before = stats.total();
    long start = System.nanoTime();
    act.run();
    boolean held = await(promise, comesTrue);
    long took = System.nanoTime() - start;
    TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    Stats.Total after = stats.total();
    long failed = after.failed() - before.failed();
    screen.line(
        String.format(
            Locale.ROOT,
            "%s %s: %s after %.1f s; %,d calls answered, %d failed, the slowest took %,d ms",
            held && failed == 0 ? "✓" : "✗",
            what,
            promise,
            took / 1e9,
            after.answered() - before.answered(),
            failed,
            after.slowestMicros() / 1_000));
  }

  private boolean await(String promise, BooleanSupplier comesTrue) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!comesTrue.getAsBoolean()) {
      if (System.nanoTime() > end) {
        kept = false;
        screen.line("✗ waited " + PATIENCE.toSeconds() + " s in vain for this: " + promise);
        screen.line("  the instances' logs are in " + fleet.log("model-1").getParent());
        return false;
      }
      Thread.sleep(20);
    }
    return true;
  }

  private boolean summary() {
    load.close();
    Stats.Total total = stats.total();
    screen.line(
        String.format(
            Locale.ROOT, "%,d calls answered, %d failed.", total.answered(), total.failed()));
    if (total.firstFailure() != null) {
      screen.line("The first failure: " + total.firstFailure());
    }
    boolean good = kept && total.failed() == 0 && total.answered() > 0;
    screen.line(good ? "Every promise was kept." : "Not every promise was kept.");
    return good;
  }

  /** Keeps everything running until the person ends it. */
  void stay() throws InterruptedException {
    String address = table.registered().values().iterator().next().addresses().get(0).hostAndPort();
    screen.line("");
    screen.line("Everything keeps running; Ctrl-C ends it. Try these in another terminal:");
    screen.line("  grpcurl -plaintext " + address + " list");
    screen.line(
        "  grpcurl -plaintext -d '{\"number\": 7}' "
            + address
            + " "
            + Quickstart.SERVICE
            + "/Classify");
    screen.line(
        "  ETCDCTL_API=3 etcdctl --endpoints "
            + store.url()
            + " get --prefix "
            + Quickstart.SERVICE
            + "/");
    Thread.currentThread().join();
  }
}
