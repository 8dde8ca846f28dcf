package io.fairlead.telemetry;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.policy.Code;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps curves of the last minute, hour and day for each method that a {@link Telemetry} counts, so
 * that a process can show them with no other system. It reads the histograms once a second; calls
 * pay nothing for it.
 *
 * <p>The memory is fixed: at most 40 KB for each method, and {@value #MAX_CURVES} methods at most.
 * Further ones share one curve, {@code other}, for each side.
 *
 * <pre>{@code
 * try (CurveRecorder curves = CurveRecorder.start(telemetry)) {
 *   ...
 *   for (Curve curve : curves.curves()) {
 *     System.out.println(curve.method() + " " + curve.samples(CurveWindow.MINUTE));
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads. The code that starts it closes it.
 */
public final class CurveRecorder implements AutoCloseable {
  /** The most methods that are told apart. */
  static final int MAX_CURVES = 200;

  /** On the side of servers, by the conventions of OpenTelemetry. */
  private static final Set<Code> SERVER_FAILURES =
      EnumSet.of(
          Code.UNKNOWN,
          Code.DEADLINE_EXCEEDED,
          Code.UNIMPLEMENTED,
          Code.INTERNAL,
          Code.UNAVAILABLE,
          Code.DATA_LOSS);

  private final Telemetry telemetry;
  private final InstantSource clock;
  private final @Nullable ScheduledExecutorService thread;

  /** Guarded by the monitor; not annotated, as Error Prone does not follow it into lambdas. */
  private final Map<Key, Recording> recordings = new LinkedHashMap<>();

  @GuardedBy("this")
  private long lastSecond;

  private record Key(Curve.Side side, String target, String method) {
    Key other() {
      return new Key(side, side == Curve.Side.CLIENT ? ClientMetrics.OTHER : "", "other");
    }
  }

  private CurveRecorder(
      Telemetry telemetry, InstantSource clock, @Nullable ScheduledExecutorService thread) {
    this.telemetry = telemetry;
    this.clock = clock;
    this.thread = thread;
    this.lastSecond = clock.instant().getEpochSecond();
    read().forEach((key, totals) -> recordings.put(key, new Recording(lastSecond, totals)));
  }

  /** Starts to record on a thread of its own, by the clock of the system. */
  public static CurveRecorder start(Telemetry telemetry) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread made = new Thread(task, "fairlead-curves");
              made.setDaemon(true);
              return made;
            });
    CurveRecorder recorder = new CurveRecorder(telemetry, InstantSource.system(), thread);
    var unused = thread.scheduleAtFixedRate(recorder::tick, 1, 1, TimeUnit.SECONDS);
    return recorder;
  }

  /**
   * Returns one without a thread, for tests: time passes as the clock says, at each {@link #tick}.
   */
  public static CurveRecorder manual(Telemetry telemetry, InstantSource clock) {
    return new CurveRecorder(
        Objects.requireNonNull(telemetry, "telemetry"),
        Objects.requireNonNull(clock, "clock"),
        null);
  }

  /** Takes in what was counted since the last time. One that is late, or early, loses nothing. */
  public synchronized void tick() {
    long second = clock.instant().getEpochSecond();
    if (second == lastSecond) {
      return;
    }
    read()
        .forEach(
            (key, totals) ->
                recordings
                    .computeIfAbsent(key, made -> new Recording(lastSecond, Totals.NONE))
                    .take(second, totals));
    lastSecond = second;
  }

  /** Returns the curves of all methods that were called. */
  public synchronized List<Curve> curves() {
    List<Curve> curves = new ArrayList<>();
    recordings.forEach(
        (key, recording) ->
            curves.add(new Curve(key.side, key.target, key.method, recording.samples(lastSecond))));
    return curves;
  }

  /** Reads the totals of all methods; those beyond the bound are added up. */
  private Map<Key, Totals> read() {
    Map<Key, Totals> all = new LinkedHashMap<>();
    telemetry.forEachDuration(
        (target, method, code, durations) ->
            add(
                all,
                new Key(Curve.Side.SERVER, target, method),
                SERVER_FAILURES.contains(code),
                durations),
        (target, method, code, durations) ->
            add(all, new Key(Curve.Side.CLIENT, target, method), code != Code.OK, durations));
    // After the ends: what began meanwhile counts as under way, and no call ends before it begins.
    telemetry.forEachAdmission(
        (method, started, rejections) -> {
          if (started > 0) {
            totals(all, new Key(Curve.Side.SERVER, "", method)).add(started, rejections);
          }
        });
    return all;
  }

  private void add(Map<Key, Totals> all, Key key, boolean failures, Histogram durations) {
    totals(all, key).add(durations, failures);
  }

  private Totals totals(Map<Key, Totals> all, Key key) {
    // A method that has a curve keeps it: totals that moved to another would be counted again.
    boolean known = recordings.containsKey(key) || all.containsKey(key);
    return all.computeIfAbsent(known || hasRoom(all) ? key : key.other(), made -> new Totals());
  }

  private boolean hasRoom(Map<Key, Totals> all) {
    long fresh = all.keySet().stream().filter(key -> !recordings.containsKey(key)).count();
    return recordings.size() + fresh < MAX_CURVES;
  }

  /** Ends the recording. What was recorded can still be read. */
  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
  }

  /** What was counted of a method from the beginning to a moment. */
  private static final class Totals {
    static final Totals NONE = new Totals();

    final long[] cells = new long[BucketLayout.SECONDS.cells()];
    final long[] rejections = new long[Curve.REASONS.size()];
    long failures;
    long started;

    void add(long begun, Map<RejectionReason, Long> rejected) {
      started += begun;
      rejected.forEach((reason, count) -> rejections[Curve.REASONS.indexOf(reason)] += count);
    }

    /** Clients do not count what begins: none of their calls is known to be under way. */
    long inFlight() {
      return Math.max(0, started - sum());
    }

    long[] rejectionsSince(Totals before) {
      long[] grown = new long[rejections.length];
      for (int i = 0; i < grown.length; i++) {
        grown[i] = Math.max(0, rejections[i] - before.rejections[i]);
      }
      return grown;
    }

    void add(Histogram durations, boolean failed) {
      long before = failed ? sum() : 0;
      durations.addCellsTo(cells);
      failures += failed ? sum() - before : 0;
    }

    private long sum() {
      long sum = 0;
      for (long cell : cells) {
        sum += cell;
      }
      return sum;
    }

    Totals copy() {
      Totals copy = new Totals();
      System.arraycopy(cells, 0, copy.cells, 0, cells.length);
      copy.failures = failures;
      copy.started = started;
      System.arraycopy(rejections, 0, copy.rejections, 0, rejections.length);
      return copy;
    }

    HistogramSnapshot since(Totals before) {
      long[] grown = new long[cells.length];
      for (int i = 0; i < grown.length; i++) {
        grown[i] = Math.max(0, cells[i] - before.cells[i]);
      }
      return new HistogramSnapshot(BucketLayout.SECONDS, grown, 0, List.of());
    }
  }

  /** The curves of one method. */
  private static final class Recording {
    final Map<CurveWindow, Ring> rings = new EnumMap<>(CurveWindow.class);

    Recording(long second, Totals totals) {
      for (CurveWindow window : CurveWindow.values()) {
        rings.put(window, new Ring(window, window.stepOf(second), totals.copy()));
      }
    }

    void take(long second, Totals totals) {
      rings.values().forEach(ring -> ring.take(second, totals));
    }

    Map<CurveWindow, List<Curve.Sample>> samples(long second) {
      Map<CurveWindow, List<Curve.Sample>> all = new EnumMap<>(CurveWindow.class);
      rings.forEach((window, ring) -> all.put(window, ring.samples(second)));
      return all;
    }
  }

  /** The samples of one window, each in the place that the number of its step says. */
  private static final class Ring {
    private final CurveWindow window;
    private final Curve.@Nullable Sample[] samples;
    private long step;
    private Totals atStart;

    Ring(CurveWindow window, long step, Totals atStart) {
      this.window = window;
      this.samples = new Curve.Sample[window.samples()];
      this.step = step;
      this.atStart = atStart;
    }

    /** Closes the step that has ended, if one has. */
    void take(long second, Totals totals) {
      long now = window.stepOf(second);
      if (now == step) {
        return;
      }
      samples[place(step)] =
          Curve.Sample.builder(Instant.ofEpochSecond(window.secondOf(step)))
              .durations(totals.since(atStart))
              .failures(Math.max(0, totals.failures - atStart.failures))
              .inFlight(totals.inFlight())
              .rejections(totals.rejectionsSince(atStart))
              .build();
      step = now;
      atStart = totals.copy();
    }

    private int place(long ofStep) {
      return (int) Math.floorMod(ofStep, (long) samples.length);
    }

    /** Those of the steps before the present one. A place may hold one that is a round older. */
    List<Curve.Sample> samples(long second) {
      List<Curve.Sample> list = new ArrayList<>(samples.length);
      long now = window.stepOf(second);
      for (long each = now - samples.length; each < now; each++) {
        Instant start = Instant.ofEpochSecond(window.secondOf(each));
        Curve.Sample kept = samples[place(each)];
        list.add(
            kept != null && kept.start().equals(start)
                ? kept
                : Curve.Sample.builder(start).build());
      }
      return list;
    }
  }
}
