package io.fairlead.scaling;

import io.fairlead.scaling.ScalingDecision.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * ⌈load / capacity⌉, and what keeps that from harm: it grows at once and shrinks late, looks ahead
 * by the start time, and holds still where it does not know enough or where more instances would
 * not help.
 */
final class CapacityRule implements ScalingRule {
  /** The longest that any question below looks back. */
  private static final Duration CONSIDERED = Duration.ofMinutes(11);

  /** Two rises that did not help within this time are enough. */
  private static final double RUNAWAY_SECONDS = 600;

  /** Instances that became ready need this long to show in what is served. */
  private static final double EFFECT_SECONDS = 30;

  /**
   * How many dead bands a burst has to exceed, as chance moves a short mean more than a long one.
   */
  private static final double BURST_BAND = 1.5;

  /** A learned capacity never counts for less than this part of the stated one. */
  private static final double LEAST_LEARNED = 0.2;

  /** How many stable windows have to rise for a trend. */
  private static final int TREND_WINDOWS = 3;

  /** A trend may add at most this share to the load. */
  private static final double MOST_AHEAD = 1;

  private final ScalingPolicy policy;

  CapacityRule(ScalingPolicy policy) {
    this.policy = policy;
  }

  @Override
  public ScalingDecision decide(List<LoadSample> history, Instant now) {
    LoadHistory load = new LoadHistory(history, now, CONSIDERED);
    int running = load.last().instances();
    String frozen = whyFrozen(load);
    if (!frozen.isEmpty()) {
      return new ScalingDecision(
          Math.max(policy.min(), Math.max(running, lastKnownInstances(load))),
          Kind.FROZEN,
          "frozen: " + frozen);
    }
    Capacity capacity = capacity(load);
    Demand demand = demand(load, running, capacity.value());
    String figures =
        text("%s / %s = %.1f", demand.text(), capacity.text(), demand.value() / capacity.value());
    if (demand.value() > running * capacity.value() * (1 + policy.deadBand())) {
      return grow(load, running, instances(demand.value(), capacity), figures);
    }
    int waiting = load.last().waiting();
    if (running == 0 && waiting > 0) {
      String calls = waiting == 1 ? "1 call waits" : waiting + " calls wait";
      return new ScalingDecision(
          Math.max(1, policy.min()), Kind.UP, "up from 0: " + calls + "; " + figures);
    }
    if (running < policy.min()) {
      return new ScalingDecision(
          policy.min(), Kind.UP, "up from " + running + " to the minimum; " + figures);
    }
    return shrink(load, running, capacity, figures);
  }

  private static int instances(double load, Capacity capacity) {
    return (int) Math.ceil(load / capacity.value() - 1e-9);
  }

  // Holding still

  private String whyFrozen(LoadHistory load) {
    LoadSample last = load.last();
    double age = load.age(load.size() - 1);
    if (age > seconds(policy.maxSampleAge())) {
      return text("the last sample is %.0f s old", age);
    }
    if (last.offered().isEmpty()) {
      return last.unknownReason();
    }
    if (!LoadHistory.isKnown(last)) {
      return text("only %d of %d instances report their load", last.reporting(), last.ready());
    }
    return "";
  }

  /** What ran when the load was last known, so that instances that die meanwhile are replaced. */
  private static int lastKnownInstances(LoadHistory load) {
    for (int i = load.size() - 1; i >= 0; i--) {
      if (LoadHistory.isKnown(load.get(i))) {
        return load.get(i).instances();
      }
    }
    return 0;
  }

  // Capacity

  private record Capacity(double value, String text) {}

  /**
   * The stated capacity, or less where the instances themselves say that they carry less: what they
   * served, for the share of them that was at work.
   */
  private Capacity capacity(LoadHistory load) {
    double spare = policy.share();
    double stated = policy.capacity();
    OptionalDouble learned = learned(load);
    String text = text("%.1f", stated);
    double used = stated;
    if (learned.isPresent()) {
      double seen = learned.getAsDouble();
      text += text(" (%.1f learned", seen);
      if (seen < stated * (1 - policy.deadBand())) {
        used = Math.max(seen, stated * LEAST_LEARNED);
        text += ", and used";
      }
      text += ")";
    }
    if (spare < 1) {
      text += text(" with a zone of %d spare", policy.zones());
    }
    return new Capacity(used * spare, text);
  }

  private OptionalDouble learned(LoadHistory load) {
    double work = 0;
    double served = 0;
    for (int i = load.firstWithin(seconds(policy.stableWindow())); i < load.size(); i++) {
      LoadSample sample = load.get(i);
      if (LoadHistory.isKnown(sample) && sample.utilization().isPresent()) {
        work += sample.utilization().getAsDouble() * sample.ready();
        served += LoadHistory.served(sample);
      }
    }
    // Instances that have next to nothing to do say little about what they could.
    return work > 0 && served > 0
        ? OptionalDouble.of(served / work * policy.targetUtilization())
        : OptionalDouble.empty();
  }

  // Demand

  private record Demand(double value, String text) {}

  /** The load to grow for: of the last minute, of the last seconds, or the one to come. */
  private Demand demand(LoadHistory load, int running, double capacity) {
    double stable = load.meanLoad(seconds(policy.stableWindow()));
    double burst = load.meanLoad(seconds(policy.burstWindow()));
    double ahead = ahead(load, burst);
    Demand demand =
        new Demand(stable, text("%.1f offered in %s", stable, text(policy.stableWindow())));
    if (burst > stable && burst > running * capacity * (1 + BURST_BAND * policy.deadBand())) {
      demand = new Demand(burst, text("%.1f offered in %s", burst, text(policy.burstWindow())));
    }
    if (ahead > demand.value()) {
      demand = new Demand(ahead, text("%.1f expected in %s", ahead, text(policy.startTime())));
    }
    return demand;
  }

  /**
   * The load that a steady trend leads to by the time at which an instance that is started now
   * takes calls. A trend is steady if each of the last windows rises, and its slope is the least of
   * them: a step rises in one of them only, and chance rarely in all.
   */
  private double ahead(LoadHistory load, double present) {
    double window = seconds(policy.stableWindow());
    if (load.span() < TREND_WINDOWS * window) {
      return 0;
    }
    double slope = Double.MAX_VALUE;
    for (int back = 1; back <= TREND_WINDOWS; back++) {
      int from = load.firstWithin(back * window);
      slope = Math.min(slope, load.slope(from, load.firstWithin((back - 1) * window)));
    }
    if (slope <= 0) {
      return 0;
    }
    int recently = load.firstWithin(window);
    double sinceMean = (load.age(recently) + load.age(load.size() - 1)) / 2;
    double recent = load.meanLoad(recently, load.size()) + slope * sinceMean;
    return Math.min(recent + slope * seconds(policy.startTime()), present * (1 + MOST_AHEAD));
  }

  // Growing

  private ScalingDecision grow(LoadHistory load, int running, int wanted, String figures) {
    LoadSample last = load.last();
    if (last.retryShare() > policy.maxRetryShare()) {
      return new ScalingDecision(
          bounded(running),
          Kind.HELD,
          text(
              "held: %.0f %% of the attempts are retries, above %.0f %%, and more instances do not"
                  + " help against failures; %s",
              last.retryShare() * 100, policy.maxRetryShare() * 100, figures));
    }
    String elsewhere = bottleneckElsewhere(load);
    if (elsewhere != null) {
      return new ScalingDecision(
          bounded(running), Kind.HELD, "held: " + elsewhere + "; " + figures);
    }
    if (wanted > policy.max()) {
      return new ScalingDecision(
          policy.max(),
          Kind.SATURATED,
          text(
              "saturated at the maximum of %d: %s, %.1f unserved",
              policy.max(), figures, last.unserved()));
    }
    return new ScalingDecision(bounded(wanted), Kind.UP, "up from " + running + ": " + figures);
  }

  private int bounded(int wanted) {
    return Math.max(policy.min(), Math.min(policy.max(), wanted));
  }

  /**
   * Whether the number rose twice, the load is no smaller, and what was served did not rise by at
   * least half as much: then something behind the service is full.
   */
  private @Nullable String bottleneckElsewhere(LoadHistory load) {
    int rises = 0;
    int first = -1;
    int last = -1;
    for (int i = Math.max(1, load.firstWithin(RUNAWAY_SECONDS)); i < load.size(); i++) {
      if (load.get(i).ready() > load.get(i - 1).ready()) {
        if (last < 0 || load.age(last) - load.age(i) > EFFECT_SECONDS) {
          rises++;
        }
        if (first < 0) {
          first = i;
        }
        last = i;
      }
    }
    if (rises < 2 || load.age(last) < EFFECT_SECONDS) {
      return null;
    }
    int before = load.firstWithin(load.age(first) + seconds(policy.stableWindow()));
    int recent = load.firstWithin(EFFECT_SECONDS);
    double servedBefore = load.meanServed(before, first);
    double served = load.meanServed(recent, load.size());
    if (servedBefore <= 0 || load.meanLoad(recent, load.size()) < load.meanLoad(before, first)) {
      return null;
    }
    int readyBefore = load.get(first - 1).ready();
    int ready = load.last().ready();
    double growth = readyBefore == 0 ? 0 : (double) ready / readyBefore - 1;
    return growth > 0 && served < servedBefore * (1 + growth / 2)
        ? text(
            "the bottleneck is elsewhere: from %d to %d instances, %.1f served became %.1f",
            readyBefore, ready, servedBefore, served)
        : null;
  }

  // Shrinking

  private ScalingDecision shrink(LoadHistory load, int running, Capacity capacity, String figures) {
    if (running > policy.max()) {
      return new ScalingDecision(
          policy.max(), Kind.DOWN, "down from " + running + " to the maximum; " + figures);
    }
    double window = seconds(policy.downWindow());
    if (load.span() < window) {
      return new ScalingDecision(
          running,
          Kind.KEPT,
          text(
              "kept: the history is %.0f s long, and shrinking takes %.0f; %s",
              load.span(), window, figures));
    }
    double highest = load.highestMeanLoad(seconds(policy.stableWindow()), window);
    // Whoever waits has not reached the last one, which must not leave for that.
    int least = load.last().waiting() > 0 ? 1 : 0;
    int enough = bounded(Math.max(least, instances(highest, capacity)));
    if (enough >= running || highest > running * capacity.value() * (1 - policy.deadBand())) {
      return new ScalingDecision(running, Kind.KEPT, "kept: " + figures);
    }
    int recently = load.mostInstances(60);
    if (hasRisen(load, seconds(policy.stableWindow()))) {
      return new ScalingDecision(
          running,
          Kind.KEPT,
          "kept: it has grown within " + text(policy.stableWindow()) + "; " + figures);
    }
    // The last one may leave too, where there may be none.
    int slowest =
        Math.min(recently - 1, (int) Math.ceil(recently * (1 - policy.downStep()) - 1e-9));
    int want = Math.min(running, Math.max(enough, slowest));
    return new ScalingDecision(
        want,
        want < running ? Kind.DOWN : Kind.KEPT,
        text(
            "down from %d: at most %.1f offered in %s / %s = %.1f",
            running,
            highest,
            text(policy.downWindow()),
            capacity.text(),
            highest / capacity.value()));
  }

  private static boolean hasRisen(LoadHistory load, double seconds) {
    for (int i = Math.max(1, load.firstWithin(seconds)); i < load.size(); i++) {
      if (load.get(i).instances() > load.get(i - 1).instances()) {
        return true;
      }
    }
    return false;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  private static String text(Duration duration) {
    return text("%.0f s", seconds(duration));
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  @Override
  public String toString() {
    return "capacity";
  }
}
