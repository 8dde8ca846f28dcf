package io.fairlead.console;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.admin.v1.GetStateRequest;
import io.fairlead.admin.v1.ListCurvesRequest;
import io.fairlead.admin.v1.ListCurvesResponse;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The services of a registry, and what their processes say. It asks only while somebody looks: a
 * read asks each process whose last answer is a second old, once for all who read on behalf of the
 * same viewer. Safe for use by many threads.
 */
final class Fleet implements AutoCloseable {
  /** A process is asked again after this time. */
  private static final Duration INTERVAL = Duration.ofMillis(900);

  /** Of a large fleet not more processes are asked in a second. */
  private static final int MOST_A_SECOND = 500;

  /** One that does not answer is asked less often. */
  private static final Duration INTERVAL_AFTER_FAILURE = Duration.ofSeconds(5);

  private static final Duration LIMIT = Duration.ofSeconds(3);

  /** How long a read waits for answers before it shows what is there. */
  private static final Duration PATIENCE = Duration.ofMillis(800);

  /** So many seconds of each curve make a rate. */
  static final int SECONDS = 10;

  /** Viewers whose answers are kept; a further one takes the place of the one that was first. */
  private static final int MAX_VIEWERS = 16;

  private final @Nullable Registry registry;
  private final List<String> fixed;
  private final int adminPort;
  private final Processes processes;
  private final InstantSource clock;

  /** By service; written by threads of the registry. */
  private final Map<String, Resolution> resolutions = new ConcurrentHashMap<>();

  /** Its monitor tells those who wait that {@link #resolutions} has changed. */
  private final Object arrival = new Object();

  @GuardedBy("this")
  private final Map<String, Watch> watches = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<Viewer, Poll> polls = new LinkedHashMap<>();

  @GuardedBy("this")
  private @Nullable CompletableFuture<List<String>> listing;

  @GuardedBy("this")
  private long listedAt;

  @GuardedBy("this")
  private boolean closed;

  private volatile @Nullable String registryProblem;

  Fleet(
      @Nullable Registry registry,
      List<String> fixed,
      int adminPort,
      Processes processes,
      InstantSource clock) {
    this.registry = registry;
    this.fixed = List.copyOf(fixed);
    this.adminPort = adminPort;
    this.processes = processes;
    this.clock = clock;
  }

  /** Returns what one process tells this viewer, so that others are not asked in vain. */
  ProcessReport read(Viewer viewer, String address) {
    long end = System.nanoTime() + LIMIT.toNanos();
    return poll(viewer).read(List.of(address), end).values().iterator().next();
  }

  /** Returns the fleet as this viewer may see it, not much older than a second. */
  FleetState read(Viewer viewer) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    list(end);
    SortedMap<String, Resolution> services = new TreeMap<>(resolutions);
    SortedMap<String, Resolution> notes = new TreeMap<>(services);
    services.keySet().removeIf(ScalingView::isNote);
    notes.keySet().removeAll(services.keySet());
    Set<String> addresses = new LinkedHashSet<>(fixed);
    services
        .values()
        .forEach(
            each -> {
              if (each instanceof Resolution.Bound bound) {
                for (Endpoint endpoint : bound.snapshot().endpoints()) {
                  addresses.add(FleetState.addressOf(endpoint, adminPort));
                }
              }
            });
    Poll poll = poll(viewer);
    poll.retain(addresses);
    Map<String, ProcessReport> reports = poll.read(addresses, end);
    processes.retain(addresses);
    return new FleetState(clock.instant(), services, notes, reports, adminPort, registryProblem);
  }

  private static Duration interval(int count) {
    Duration shared = Duration.ofSeconds(count).dividedBy(MOST_A_SECOND);
    return shared.compareTo(INTERVAL) > 0 ? shared : INTERVAL;
  }

  private synchronized Poll poll(Viewer viewer) {
    Poll poll = polls.get(viewer);
    if (poll == null) {
      if (polls.size() >= MAX_VIEWERS) {
        polls.remove(polls.keySet().iterator().next());
      }
      poll = new Poll(viewer);
      polls.put(viewer, poll);
    }
    return poll;
  }

  /** Asks the registry for its services if that was long ago, and watches the new ones. */
  private void list(long end) {
    if (registry == null) {
      return;
    }
    CompletableFuture<List<String>> asked = listing(registry);
    try {
      List<String> names = asked.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      registryProblem = null;
      watch(registry, names);
      awaitFirst(names, end);
    } catch (TimeoutException e) {
      registryProblem = "the registry has not answered yet";
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      registryProblem = "the registry does not list its services: " + cause.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized CompletableFuture<List<String>> listing(Registry from) {
    CompletableFuture<List<String>> last = listing;
    boolean old = System.nanoTime() - listedAt > INTERVAL.toNanos();
    if (last == null || (last.isDone() && old)) {
      last = services(from);
      listing = last;
      listedAt = System.nanoTime();
    }
    return last;
  }

  private static CompletableFuture<List<String>> services(Registry from) {
    try {
      return from.services().toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e); // such as one that is closed
    }
  }

  private synchronized void watch(Registry from, List<String> names) {
    if (closed) {
      return;
    }
    for (String name : names) {
      if (!watches.containsKey(name)) {
        watches.put(name, from.watch(name, resolution -> found(name, resolution)));
      }
    }
    List<String> gone = new ArrayList<>();
    watches.forEach(
        (name, watch) -> {
          if (!names.contains(name) && resolutions.get(name) instanceof Resolution.Absent) {
            gone.add(name);
            watch.close();
          }
        });
    gone.forEach(
        name -> {
          watches.remove(name);
          resolutions.remove(name);
        });
  }

  private void found(String name, Resolution resolution) {
    resolutions.put(name, resolution);
    synchronized (arrival) {
      arrival.notifyAll();
    }
  }

  /** A service that was found just now has no endpoints yet, and is not empty for that. */
  private void awaitFirst(List<String> names, long end) throws InterruptedException {
    synchronized (arrival) {
      for (String name : names) {
        while (isPending(name) && System.nanoTime() < end) {
          TimeUnit.NANOSECONDS.timedWait(arrival, Math.max(1, end - System.nanoTime()));
        }
      }
    }
  }

  private boolean isPending(String name) {
    Resolution known = resolutions.get(name);
    return known == null || known instanceof Resolution.Pending;
  }

  @Override
  public synchronized void close() {
    closed = true;
    watches.values().forEach(Watch::close);
    watches.clear();
    resolutions.clear();
    polls.clear();
  }

  /** What the processes have told one viewer. */
  private final class Poll {
    private final Viewer viewer;
    private final Map<String, Asked> asked = new ConcurrentHashMap<>();

    Poll(Viewer viewer) {
      this.viewer = viewer;
    }

    void retain(Set<String> addresses) {
      asked.keySet().retainAll(addresses);
    }

    Map<String, ProcessReport> read(Collection<String> addresses, long end) {
      Duration interval = interval(addresses.size());
      List<CompletableFuture<Void>> open = new ArrayList<>();
      for (String address : addresses) {
        Asked each = asked.computeIfAbsent(address, Asked::new);
        open.add(each.refresh(viewer, interval));
      }
      for (CompletableFuture<Void> each : open) {
        try {
          each.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
          // The report says so.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          break;
        }
      }
      Map<String, ProcessReport> reports = new LinkedHashMap<>();
      for (String address : addresses) {
        Asked each = asked.get(address);
        reports.put(address, each == null ? ProcessReport.pending(address) : each.report);
      }
      return reports;
    }
  }

  /** One process: its last answer, and the question that is under way. */
  private final class Asked {
    private final String address;
    private volatile ProcessReport report;

    /** Guarded by the monitor, as is {@link #due}. */
    private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

    private long due = System.nanoTime();

    Asked(String address) {
      this.address = address;
      this.report = ProcessReport.pending(address);
    }

    /** Asks if it is time; returns when the answer is there, at once if the last one will do. */
    synchronized CompletableFuture<Void> refresh(Viewer viewer, Duration interval) {
      if (!running.isDone() || System.nanoTime() - due < 0) {
        return running;
      }
      CompletableFuture<ProcessState> state =
          processes.ask(
              address,
              viewer,
              LIMIT,
              admin -> admin.getState(GetStateRequest.getDefaultInstance()));
      CompletableFuture<ListCurvesResponse> curves =
          processes.ask(
              address,
              viewer,
              LIMIT,
              admin -> admin.listCurves(ListCurvesRequest.newBuilder().setLast(SECONDS).build()));
      running =
          state
              .handle((answer, failure) -> failure)
              .thenCombine(curves.handle((answer, failure) -> failure), this::take)
              .thenAccept(
                  failures ->
                      done(
                          failures.first == null ? state.join() : null,
                          failures.second == null ? curves.join() : null,
                          failures,
                          interval));
      return running;
    }

    private Failures take(@Nullable Throwable ofState, @Nullable Throwable ofCurves) {
      return new Failures(ofState, ofCurves);
    }

    private void done(
        @Nullable ProcessState state,
        @Nullable ListCurvesResponse curves,
        Failures failures,
        Duration interval) {
      report =
          new ProcessReport(
              address,
              state,
              curves == null ? List.of() : curves.getCurvesList(),
              failures.second == null ? null : Problem.of(address, failures.second),
              failures.first == null ? null : Problem.of(address, failures.first));
      Duration pause =
          state == null && interval.compareTo(INTERVAL_AFTER_FAILURE) < 0
              ? INTERVAL_AFTER_FAILURE
              : interval;
      synchronized (this) {
        due = System.nanoTime() + pause.toNanos();
      }
    }
  }

  /** Why the state, and the curves, of a process did not come; null where they did. */
  private record Failures(@Nullable Throwable first, @Nullable Throwable second) {}
}
