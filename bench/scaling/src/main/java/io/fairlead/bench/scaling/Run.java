package io.fairlead.bench.scaling;

import io.fairlead.scaling.LoadSample;
import io.fairlead.scaling.ScalingRule;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One contestant in one course: seconds of calls that arrive at random, are served first come first
 * served by what the instances can do, and are given up at their deadline.
 */
final class Run {
  /** The load that an instance is to carry, in calls each second. */
  static final double CAPACITY = 10;

  /** How long a call takes, in seconds. */
  static final double LATENCY = 0.1;

  /** What an instance can do at most: at its capacity, 0.8 of it is at work. */
  private static final double MOST = CAPACITY / 0.8;

  private static final int DEADLINE = 2;
  private static final int DRAIN = 5;
  private static final int ZONES = 3;

  private final Course course;
  private final Contestant contestant;
  private final @Nullable ScalingRule rule;
  private final SplittableRandom random;
  private final List<Instance> instances = new ArrayList<>();
  private final List<LoadSample> history = new ArrayList<>();
  private final ArrayDeque<double[]> waiting = new ArrayDeque<>();
  private final List<Integer> trace = new ArrayList<>();
  private final List<Integer> needed = new ArrayList<>();
  private int now;
  private double cost;
  private double calls;
  private double missed;
  private double excused;
  private int lastDirection;
  private int reversals;

  // Of the sample that is being taken.
  private double arrivedInSample;
  private double servedInSample;
  private double missedInSample;
  private double workInSample;
  private double concurrencyInSample;

  private Run(Course course, Contestant contestant, long seed) {
    this.course = course;
    this.contestant = contestant;
    this.rule = contestant == Contestant.ORACLE ? null : contestant.rule(course);
    this.random = new SplittableRandom(seed);
  }

  private static final class Instance {
    final int zone;
    int readyAt;

    /** Never, for one that stays. */
    int goneAt = Integer.MAX_VALUE;

    Instance(int zone, int readyAt) {
      this.zone = zone;
      this.readyAt = readyAt;
    }
  }

  /** The same seed gives the same moments and the same calls to every contestant. */
  static Outcome of(Scenario scenario, Contestant contestant, int seed) {
    Course course = scenario.course(new SplittableRandom(seed));
    return new Run(course, contestant, seed + 1_000_003L * scenario.name().hashCode()).play();
  }

  /** The instances of every tenth second, those that start included, and how many were needed. */
  static int[][] trace(Scenario scenario, Contestant contestant, int seed) {
    Course course = scenario.course(new SplittableRandom(seed));
    Run run = new Run(course, contestant, seed + 1_000_003L * scenario.name().hashCode());
    Outcome unused = run.play();
    return new int[][] {
      run.trace.stream().mapToInt(each -> each).toArray(),
      run.needed.stream().mapToInt(each -> each).toArray()
    };
  }

  private Outcome play() {
    for (int i = 0; i < need(0); i++) {
      instances.add(new Instance(i % ZONES, 0));
    }
    int tick = contestant.tick(course);
    for (now = 0; now < course.seconds; now++) {
      die();
      instances.removeIf(each -> each.goneAt <= now);
      second();
      if ((now + 1) % course.step == 0) {
        sample();
      }
      if ((now + 1) % tick == 0) {
        change(want());
      }
      if (now >= Course.WARM_UP) {
        cost += instances.size();
        if (now % 10 == 0) {
          trace.add(instances.size());
          needed.add(need(now));
        }
      }
    }
    return new Outcome(cost, calls, missed / calls, excused / calls, reversals);
  }

  private void die() {
    Integer count = course.deaths.get(now);
    if (count == null) {
      return;
    }
    if (count < 0) {
      instances.removeIf(each -> each.zone == 0);
    } else {
      for (int i = 0; i < count; i++) {
        instances.remove(random.nextInt(instances.size()));
      }
    }
  }

  private void second() {
    double arrived = poisson(course.rate[now]);
    double possible = ready() * MOST / course.cost[now];
    waiting.add(new double[] {now, arrived});
    double left = possible;
    double served = 0;
    double late = 0;
    while (!waiting.isEmpty()) {
      double[] first = waiting.getFirst();
      if (now - first[0] > DEADLINE) {
        late += first[1];
        count(first[0], 0, first[1]);
        waiting.removeFirst();
        continue;
      }
      double done = Math.min(left, first[1]);
      left -= done;
      served += done;
      count(first[0], done, 0);
      first[1] -= done;
      if (first[1] > 1e-9) {
        break;
      }
      waiting.removeFirst();
    }
    double backlog = waiting.stream().mapToDouble(each -> each[1]).sum();
    arrivedInSample += arrived;
    servedInSample += served;
    missedInSample += late;
    workInSample += possible == 0 ? 1 : served / possible;
    concurrencyInSample += served * LATENCY * course.latency[now] + backlog;
  }

  /** Counts calls by when they came. */
  private void count(double arrival, double done, double late) {
    int at = (int) arrival;
    if (at < Course.WARM_UP) {
      return;
    }
    calls += done + late;
    int jump = course.jumps.previousSetBit(at);
    boolean unexpected =
        jump >= 0 && at - jump <= course.startSeconds + 2 * contestant.tick(course);
    if (unexpected) {
      excused += late;
    } else {
      missed += late;
    }
  }

  private void sample() {
    double seconds = course.step;
    LoadSample.Builder sample = LoadSample.builder(Instant.ofEpochSecond(now + 1));
    int ready = ready();
    int reporting = (int) Math.round(ready * course.reporting[now]);
    double load =
        (contestant.countsConcurrency() ? concurrencyInSample : arrivedInSample) / seconds;
    sample
        .instances(
            ready,
            (int) instances.stream().filter(each -> stays(each) && each.readyAt > now).count())
        .reporting(reporting)
        .served(servedInSample / seconds * course.reporting[now])
        .unserved(missedInSample / seconds)
        .utilization(workInSample / seconds);
    if (course.unknown.get(now)) {
      sample.unknown("the registry is away");
    } else {
      sample.offered(load * course.reporting[now]);
    }
    history.add(sample.build());
    arrivedInSample = 0;
    servedInSample = 0;
    missedInSample = 0;
    workInSample = 0;
    concurrencyInSample = 0;
  }

  private int want() {
    return rule == null ? foreseen() : rule.decide(history, Instant.ofEpochSecond(now + 1)).want();
  }

  /** What is needed from now until an instance that is started now would be ready. */
  private int foreseen() {
    int most = 0;
    for (int t = now + 1; t <= Math.min(course.seconds - 1, now + 1 + course.startSeconds); t++) {
      most = Math.max(most, need(t));
    }
    return most;
  }

  private int need(int second) {
    return Math.max(
        2, (int) Math.ceil(course.rate[second] * course.cost[second] / CAPACITY - 1e-9));
  }

  private void change(int want) {
    int have = (int) instances.stream().filter(Run::stays).count();
    int direction = Integer.compare(want, have);
    if (now >= Course.WARM_UP && direction != 0) {
      if (lastDirection != 0 && direction != lastDirection) {
        reversals++;
      }
      lastDirection = direction;
    }
    for (int i = have; i < want; i++) {
      grow();
    }
    for (int i = want; i < have; i++) {
      shrink();
    }
  }

  /** One that is leaving comes back first: it is there already. */
  private void grow() {
    for (Instance each : instances) {
      if (!stays(each)) {
        each.goneAt = Integer.MAX_VALUE;
        return;
      }
    }
    int[] byZone = byZone();
    int thinnest = 0;
    for (int zone = 1; zone < ZONES; zone++) {
      thinnest = byZone[zone] < byZone[thinnest] ? zone : thinnest;
    }
    instances.add(new Instance(thinnest, now + 1 + course.startSeconds));
  }

  /** The last one that still starts, else one of the thickest zone. */
  private void shrink() {
    int[] byZone = byZone();
    Instance victim = null;
    for (Instance each : instances) {
      boolean better =
          victim == null
              || each.readyAt > Math.max(now, victim.readyAt)
              || (victim.readyAt <= now && byZone[each.zone] > byZone[victim.zone]);
      if (stays(each) && better) {
        victim = each;
      }
    }
    if (victim != null) {
      victim.goneAt = victim.readyAt > now ? now + 1 : now + 1 + DRAIN;
    }
  }

  private int[] byZone() {
    int[] counts = new int[ZONES];
    for (Instance each : instances) {
      if (stays(each)) {
        counts[each.zone]++;
      }
    }
    return counts;
  }

  private static boolean stays(Instance instance) {
    return instance.goneAt == Integer.MAX_VALUE;
  }

  /** Those that take calls. */
  private int ready() {
    int count = 0;
    for (Instance each : instances) {
      if (stays(each) && each.readyAt <= now) {
        count++;
      }
    }
    return count;
  }

  /** Near enough for a hundred calls a second and more. */
  private double poisson(double mean) {
    double u = Math.max(1e-12, random.nextDouble());
    // Strict, so that every JDK prints the same page.
    double normal =
        Math.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * random.nextDouble());
    return Math.max(0, Math.rint(mean + Math.sqrt(mean) * normal));
  }
}
