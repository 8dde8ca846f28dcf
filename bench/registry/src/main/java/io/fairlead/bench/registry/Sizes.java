package io.fairlead.bench.registry;

/** How much of everything. */
record Sizes(
    int instances,
    int services,
    int instancesOfEach,
    int changes,
    int changesPerSecond,
    int seconds,
    int watchers,
    int rounds) {
  static final Sizes FULL = new Sizes(10_000, 1_000, 10, 300, 1_000, 60, 1_000, 400);
  static final Sizes QUICK = new Sizes(2_000, 200, 5, 100, 500, 5, 200, 60);
}
