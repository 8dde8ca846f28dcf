package io.fairlead.scaling;

import io.fairlead.admin.AuditEvent;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.registry.etcd.Leadership;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes a service as large as a {@link Scaler} wants it. It is between the two sides of a scaler:
 * it adds the instances that are starting to the load, and it carries out each decision.
 *
 * <pre>{@code
 * Fleet fleet = Fleet.builder("inventory", registry, loads, actuator).build();
 * Scaler scaler = Scaler.builder("inventory", fleet, policy).onDecision(fleet).start();
 * }</pre>
 *
 * <p>To grow, it first takes back instances that it has drained, and then starts new ones. To
 * shrink, it drains the instances that {@link ShrinkOrder} names first, through their {@code
 * AdminService}, and stops each once it has no calls, or when its time is up. An instance that
 * somebody else has drained stays as it is. One that does not come into the registry in time is
 * stopped, and another started. After instances that ended before that, it pauses: 5 s, and twice
 * as long each further time, up to 5 minutes.
 *
 * <p>A fleet has no state that matters: another one that takes over reads from the registry and
 * from the instances what this one did. Each action is a line of the log and an {@link AuditEvent}.
 *
 * <p>Safe for use by many threads. The code that makes it closes it, which changes no instance.
 * Registry, load source and actuator stay the caller's.
 */
public final class Fleet implements LoadSource, Consumer<ScalingDecision>, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");

  /** How a successor knows the drains of a scaler from those of people. */
  private static final String OWN_REASON = "scaled down: ";

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private final String service;
  private final LoadSource loads;
  private final Actuator actuator;
  private final Drains drains;
  private final Duration drainTimeout;
  private final Duration settleTime;
  private final Duration startTimeout;
  private final Duration controlTimeout;
  private final int maxStarting;
  private final LongSupplier fencingToken;
  private final BooleanSupplier holds;
  private final List<Consumer<? super AuditEvent>> auditors;
  private final InstantSource clock;
  private final Watch watch;

  private volatile Resolution resolution = new Resolution.Pending();

  /** The endpoints of the last list, by id; guarded by this object's lock, as all below. */
  private Map<String, Endpoint> listed = Map.of();

  /** What the actuator runs, with the time since which it is not in the registry, if it is not. */
  private final Map<String, Instant> unlistedSince = new HashMap<>();

  private Set<String> running = Set.of();

  /** All that ever ran: one of them that is listed and does not run is dead. */
  private final Set<String> known = new HashSet<>();

  /** Those that were drained to be stopped, the first one first. */
  private final Map<String, Leaving> leaving = new LinkedHashMap<>();

  /** Taken back, or stopped, which the registry does not show yet. */
  private final Set<String> returning = new HashSet<>();

  /** Told to stop, and not to be counted while registry or actuator still name them. */
  private final Map<String, Stopped> stopped = new HashMap<>();

  /** Those of the running ones that the registry has named. */
  private final Set<String> proven = new HashSet<>();

  /** How many of the running ones the registry had not named yet when we last looked. */
  private int unproven;

  /** How many times in a row instances ended before the registry named any. */
  private int earlyEnds;

  /** None is started before. */
  private Instant startAgain = Instant.MIN;

  /** Drained by somebody else, and not ours to stop. */
  private final Set<String> othersDrains = new HashSet<>();

  private Map<String, OptionalDouble> callsInFlight = Map.of();
  private String trouble = "";

  /** The last failure of each action. */
  private final Map<String, String> failures = new HashMap<>();

  /** Open until an order of this fleet was refused as stale. */
  private final CountDownLatch stale = new CountDownLatch(1);

  /** Guarded by the fleet's lock. */
  private static final class Leaving {
    private final Instant since;
    private boolean accepted;

    Leaving(Instant since, boolean accepted) {
      this.since = since;
      this.accepted = accepted;
    }
  }

  /**
   * An actuator may give an id again, such as a systemd unit that takes a free number. So one that
   * was gone, and is named again, is another instance.
   *
   * @param entry what the registry had of it, null if nothing
   * @param gone whether the actuator has lacked it since
   */
  private record Stopped(@Nullable Endpoint entry, boolean gone) {
    /** Whether the registry still shows the one that was stopped, rather than its namesake. */
    boolean isOf(@Nullable Endpoint present) {
      return entry != null
          && present != null
          && present.startedAt().isPresent()
          && present.startedAt().equals(entry.startedAt());
    }
  }

  private Fleet(Builder builder) {
    this.service = builder.service;
    this.loads = builder.loads;
    this.actuator = builder.actuator;
    this.drains = builder.drains == null ? new AdminDrains(builder.channels) : builder.drains;
    this.drainTimeout = builder.drainTimeout;
    this.settleTime = builder.settleTime;
    this.startTimeout = builder.startTimeout;
    this.controlTimeout = builder.controlTimeout;
    this.maxStarting = builder.maxStarting;
    this.fencingToken = builder.fencingToken;
    this.holds = builder.holds;
    this.auditors = List.copyOf(builder.auditors);
    this.clock = builder.clock;
    this.watch = builder.registry.watch(service, update -> resolution = update);
  }

  /** Starts to describe a fleet. The load source need not know of instances that are starting. */
  public static Builder builder(
      String service, Registry registry, LoadSource loads, Actuator actuator) {
    return new Builder(service, registry, loads, actuator);
  }

  // What there is

  /** Returns the load, with the instances as this fleet counts them. */
  @Override
  public ServiceLoad read() {
    ServiceLoad load = loads.read();
    synchronized (this) {
      Map<String, OptionalDouble> calls = new HashMap<>();
      load.endpoints().forEach(each -> calls.put(each.id(), each.callsInFlight()));
      callsInFlight = calls;
      if (!look()) {
        return load;
      }
      return new ServiceLoad(
          load.sample().withInstances(ready().size(), pending()), load.endpoints());
    }
  }

  @Override
  public boolean countsWaitingCalls() {
    return loads.countsWaitingCalls();
  }

  /** Reads registry and actuator; false if either cannot say what there is. */
  private boolean look() {
    Resolution now = resolution;
    if (now instanceof Resolution.Bound bound) {
      Map<String, Endpoint> next = new TreeMap<>();
      bound.snapshot().endpoints().forEach(each -> next.put(each.id(), each));
      listed = next;
    } else if (now instanceof Resolution.Absent) {
      listed = Map.of();
    } else {
      return false; // the first list has not come, or the registry has lost what it knew
    }
    try {
      running = Set.copyOf(actuator.instances());
      trouble = "";
    } catch (IOException | RuntimeException e) {
      trouble("what runs cannot be read from " + actuator, e);
      return false;
    }
    forgetStopped();
    known.addAll(running);
    Instant present = clock.instant();
    unlistedSince.keySet().retainAll(running);
    for (String id : running) {
      if (listed.containsKey(id)) {
        unlistedSince.remove(id);
      } else {
        unlistedSince.putIfAbsent(id, present);
      }
    }
    countEarlyEnds(present);
    known.removeIf(id -> !running.contains(id) && !listed.containsKey(id));
    leaving.keySet().removeIf(id -> !listed.containsKey(id) && !running.contains(id));
    returning.removeIf(id -> !listed.containsKey(id) || !listed.get(id).draining());
    othersDrains.removeIf(id -> !listed.containsKey(id) || !listed.get(id).draining());
    return true;
  }

  /** An id that comes back after it was gone is that of a new instance, which counts. */
  private void forgetStopped() {
    stopped.replaceAll(
        (id, each) -> running.contains(id) ? each : new Stopped(each.entry, /* gone= */ true));
    stopped
        .entrySet()
        .removeIf(
            each -> {
              String id = each.getKey();
              if (!running.contains(id)) {
                return !listed.containsKey(id);
              }
              if (!each.getValue().gone) {
                return false;
              }
              // The entry of its namesake goes once the lease ends, or the new one registers.
              boolean stays = each.getValue().isOf(listed.get(id));
              if (stays) {
                listed.remove(id);
              }
              return !stays;
            });
  }

  private boolean isStopped(String id) {
    Stopped each = stopped.get(id);
    return each != null && !(each.gone && running.contains(id));
  }

  /**
   * Instances that end before the registry names them will most likely do so again: each time that
   * happens in a row, the pause before the next start doubles.
   */
  private void countEarlyEnds(Instant now) {
    int arrived = 0;
    for (String id : running) {
      if (listed.containsKey(id) && proven.add(id)) {
        arrived++;
      }
    }
    proven.retainAll(running);
    int before = unproven;
    unproven = unproven();
    int lost = before - unproven - arrived;
    if (arrived > 0) {
      earlyEnds = 0;
      startAgain = Instant.MIN;
    } else if (lost > 0) {
      Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(earlyEnds, 16));
      pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
      earlyEnds++;
      startAgain = now.plus(pause);
      LOG.log(
          Level.WARNING,
          "service {0}: {1} instances ended before the registry named them, {2} times in a row;"
              + " none is started for {3}",
          service,
          lost,
          earlyEnds,
          pause);
    }
  }

  private int unproven() {
    return (int)
        unlistedSince.keySet().stream()
            .filter(id -> !proven.contains(id) && !isStopped(id))
            .count();
  }

  /** Those that take calls, and are to go on doing so. */
  private List<Endpoint> ready() {
    return listed.values().stream()
        .filter(each -> !each.draining() || returning.contains(each.id()))
        .filter(each -> !leaving.containsKey(each.id()) && !isStopped(each.id()))
        .filter(each -> running.contains(each.id()) || !known.contains(each.id()))
        .toList();
  }

  private int pending() {
    return (int) unlistedSince.keySet().stream().filter(id -> !isStopped(id)).count();
  }

  // What is to be

  /** Carries out a decision, as far as that can be done now; the next one goes on from there. */
  @Override
  public synchronized void accept(ScalingDecision decision) {
    if (stale.getCount() == 0 || !look()) {
      return;
    }
    try {
      adoptDrains();
      forgetTakenBack();
      // Those that start now may have the ids of those that were stopped: see that these are gone.
      if (replaceLateStarters(decision) && !look()) {
        return;
      }
      int have = ready().size() + pending();
      if (decision.want() > have) {
        grow(decision, have);
      } else if (decision.want() < have && !decision.kind().changesNothing()) {
        // One that holds still was made with what was known before: it must stop nobody.
        drain(decision, have - decision.want());
      }
      drainAgain(decision);
      stopEmpty(decision);
    } catch (StaleOrderException e) {
      stale.countDown();
      LOG.log(Level.WARNING, "service {0}: {1}; this fleet acts no more", service, e.getMessage());
    } catch (IOException e) {
      // Noted where it happened; the next decision tries again.
      LOG.log(Level.DEBUG, "service " + service + ": a decision was not carried out", e);
    }
  }

  /**
   * Waits until an actuator has refused an order of this fleet, as it knows a later decider. The
   * fleet acts no more then, and whoever leads with it should give that up.
   */
  public void awaitSuccessor() throws InterruptedException {
    stale.await();
  }

  /**
   * After a change of the decider: what its predecessor has drained is to go on. All are asked at
   * once, as a machine that is away takes the whole time.
   */
  private void adoptDrains() {
    long deadline = System.nanoTime() + controlTimeout.toNanos();
    Map<String, CompletionStage<String>> answers = new LinkedHashMap<>();
    for (Endpoint each : listed.values()) {
      String id = each.id();
      if (each.draining()
          && running.contains(id)
          && !leaving.containsKey(id)
          && !isStopped(id)
          && !returning.contains(id)
          && !othersDrains.contains(id)) {
        answers.put(id, asked(each, drains::whyDrained));
      }
    }
    answers.forEach(
        (id, answer) -> {
          try {
            if (result(answer, deadline).startsWith(OWN_REASON)) {
              leaving.put(id, new Leaving(clock.instant(), true));
              LOG.log(Level.INFO, "service {0}: goes on with the drain of {1}", service, id);
            } else {
              othersDrains.add(id);
            }
          } catch (IOException e) {
            // It stays as it is, and is asked again at the next decision.
            LOG.log(Level.DEBUG, "service {0}: why {1} drains: {2}", service, id, e.getMessage());
          }
        });
  }

  /**
   * One that the registry does not name in time is replaced, while the registry can be trusted.
   * Returns whether there was any.
   */
  private boolean replaceLateStarters(ScalingDecision decision) throws IOException {
    if (!isCurrent()) {
      return false;
    }
    Instant latest = clock.instant().minus(startTimeout);
    List<String> late =
        unlistedSince.entrySet().stream()
            .filter(each -> !each.getValue().isAfter(latest))
            .map(Map.Entry::getKey)
            .filter(id -> !isStopped(id))
            .sorted()
            .toList();
    if (!late.isEmpty()) {
      stop(late, decision, "not in the registry for " + startTimeout);
    }
    return !late.isEmpty();
  }

  private void grow(ScalingDecision decision, int have) throws IOException {
    int missing = decision.want() - have;
    List<Endpoint> back = new ArrayList<>();
    List<String> order = new ArrayList<>(leaving.keySet());
    // The last one first: it has lost the fewest of its clients.
    for (int i = order.size() - 1; i >= 0 && back.size() < missing; i--) {
      Endpoint endpoint = listed.get(order.get(i));
      if (endpoint != null && running.contains(endpoint.id())) {
        back.add(endpoint);
      }
    }
    String reason = "load is back: " + decision.why();
    for (Endpoint each : tell("Undrain", back, decision, one -> drains.undrain(one, reason))) {
      leaving.remove(each.id());
      if (each.draining()) {
        returning.add(each.id());
      }
      missing--;
    }
    int count = Math.min(missing, maxStarting - pending());
    if (count > 0 && !clock.instant().isBefore(startAgain)) {
      act(
          "Start",
          "service=" + service + " count=" + count,
          decision,
          () -> actuator.start(count, order(decision)));
      unproven += count;
    }
  }

  /** Never more than would leave those that take calls below what is wanted. */
  private void drain(ScalingDecision decision, int surplus) throws IOException {
    List<Endpoint> ready = ready();
    List<Endpoint> candidates = ready.stream().filter(each -> running.contains(each.id())).toList();
    List<Endpoint> victims =
        ShrinkOrder.of(
                candidates,
                each ->
                    (int) callsInFlight.getOrDefault(each.id(), OptionalDouble.empty()).orElse(0))
            .stream()
            .limit(Math.min(surplus, Math.max(0, ready.size() - decision.want())))
            .toList();
    victims.forEach(
        each -> {
          returning.remove(each.id());
          leaving.put(each.id(), new Leaving(clock.instant(), false));
        });
    drain(victims, decision);
  }

  private void drain(List<Endpoint> victims, ScalingDecision decision) throws IOException {
    String reason = OWN_REASON + decision.why();
    tell("Drain", victims, decision, each -> drains.drain(each, reason))
        .forEach(each -> Objects.requireNonNull(leaving.get(each.id())).accepted = true);
  }

  /** Those that could not be told are told again. */
  private void drainAgain(ScalingDecision decision) throws IOException {
    drain(
        leaving.entrySet().stream()
            .filter(each -> !each.getValue().accepted && running.contains(each.getKey()))
            .map(each -> listed.get(each.getKey()))
            .filter(Objects::nonNull)
            .toList(),
        decision);
  }

  /** A person may have taken back what this fleet has drained; that is respected. */
  private void forgetTakenBack() {
    if (!isCurrent()) {
      return;
    }
    Instant settled = clock.instant().minus(settleTime);
    leaving
        .entrySet()
        .removeIf(
            each -> {
              Endpoint endpoint = listed.get(each.getKey());
              boolean taken =
                  each.getValue().accepted
                      && !each.getValue().since.isAfter(settled)
                      && endpoint != null
                      && !endpoint.draining();
              if (taken) {
                LOG.log(
                    Level.INFO, "service {0}: somebody has undrained {1}", service, each.getKey());
              }
              return taken;
            });
  }

  private boolean isCurrent() {
    return !(resolution instanceof Resolution.Bound bound)
        || bound.freshness() == Resolution.Freshness.CURRENT;
  }

  /** Tells all at once, and returns those that have accepted. */
  private List<Endpoint> tell(
      String action,
      List<Endpoint> endpoints,
      ScalingDecision decision,
      Function<Endpoint, CompletionStage<Void>> how)
      throws IOException {
    long deadline = System.nanoTime() + controlTimeout.toNanos();
    Map<Endpoint, CompletionStage<Void>> answers = new LinkedHashMap<>();
    for (Endpoint each : endpoints) {
      refuseAfterTerm();
      answers.put(each, asked(each, how));
    }
    List<Endpoint> accepted = new ArrayList<>();
    answers.forEach(
        (endpoint, answer) -> {
          try {
            act(action, named(endpoint.id()), decision, () -> result(answer, deadline));
            accepted.add(endpoint);
          } catch (IOException e) {
            LOG.log(Level.DEBUG, "noted already", e);
          }
        });
    return accepted;
  }

  private static <T> CompletionStage<T> asked(
      Endpoint endpoint, Function<Endpoint, CompletionStage<T>> how) {
    try {
      return how.apply(endpoint);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e); // such as an address that is none
    }
  }

  private void stopEmpty(ScalingDecision decision) throws IOException {
    Instant now = clock.instant();
    List<String> empty = new ArrayList<>();
    List<String> late = new ArrayList<>();
    leaving.forEach(
        (id, left) -> {
          Duration since = Duration.between(left.since, now);
          OptionalDouble calls = callsInFlight.getOrDefault(id, OptionalDouble.empty());
          if (since.compareTo(drainTimeout) >= 0) {
            late.add(id);
          } else if (left.accepted
              && since.compareTo(settleTime) >= 0
              && calls.isPresent()
              && calls.getAsDouble() == 0) {
            empty.add(id);
          }
        });
    if (!empty.isEmpty()) {
      stop(empty, decision, "no calls left");
    }
    if (!late.isEmpty()) {
      stop(late, decision, "drained for " + drainTimeout + ", with calls left");
    }
  }

  private void stop(List<String> ids, ScalingDecision decision, String why) throws IOException {
    act(
        "Stop",
        named(String.join(",", ids)),
        new ScalingDecision(decision.want(), decision.kind(), why),
        () -> actuator.stop(ids, order(decision)));
    leaving.keySet().removeAll(ids);
    for (String id : ids) {
      Stopped before = stopped.get(id);
      Endpoint entry = listed.get(id);
      stopped.put(id, new Stopped(entry == null && before != null ? before.entry : entry, false));
    }
    unproven = unproven();
  }

  // How it is said

  /** Instances do not compare tokens, so a drain is only as safe as this look at the term. */
  private void refuseAfterTerm() throws StaleOrderException {
    if (!holds.getAsBoolean()) {
      throw new StaleOrderException("the term of this decider is over");
    }
  }

  private Actuator.Order order(ScalingDecision decision) throws StaleOrderException {
    refuseAfterTerm();
    return new Actuator.Order(fencingToken.getAsLong(), decision.why());
  }

  private String named(String ids) {
    return "service=" + service + " id=" + ids;
  }

  private void act(
      String action, String arguments, ScalingDecision decision, FencingGuard.Work work)
      throws IOException {
    String key = action + " " + arguments;
    try {
      work.run();
    } catch (IOException | RuntimeException e) {
      String failure = e instanceof IOException ? String.valueOf(e.getMessage()) : e.toString();
      // What fails at each tick is noted once.
      if (failures.size() > 1_000) {
        failures.clear(); // of instances that are gone
      }
      if (!failure.equals(failures.put(key, failure))) {
        note(action, arguments, decision, failure);
      }
      throw e instanceof IOException expected ? expected : new IOException(failure, e);
    }
    failures.remove(key);
    note(action, arguments, decision, "done");
  }

  private void note(String action, String arguments, ScalingDecision decision, String outcome) {
    AuditEvent event =
        new AuditEvent(clock.instant(), "scaler", action, arguments, decision.why(), outcome);
    LOG.log(outcome.equals("done") ? Level.INFO : Level.WARNING, event::toString);
    for (Consumer<? super AuditEvent> each : auditors) {
      try {
        each.accept(event);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener of audit events failed at \"" + event + "\"", e);
      }
    }
  }

  private static <T> T result(CompletionStage<T> stage, long deadline) throws IOException {
    CompletableFuture<T> future = stage.toCompletableFuture();
    try {
      return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(String.valueOf(cause.getMessage()), cause);
    } catch (TimeoutException e) {
      throw new IOException("no answer in time", e);
    }
  }

  /** A trouble that lasts is one line of the log. */
  private void trouble(String what, Exception e) {
    String text = what + ": " + (e instanceof IOException ? e.getMessage() : e.toString());
    if (!text.equals(trouble)) {
      trouble = text;
      LOG.log(Level.WARNING, "service " + service + ": " + text);
    }
  }

  /** Ends what it follows; no instance is changed. */
  @Override
  public void close() {
    watch.close();
    drains.close();
  }

  @Override
  public String toString() {
    return "Fleet[" + service + ", " + actuator + "]";
  }

  /** Collects what a fleet is to be. Not safe for use by several threads. */
  public static final class Builder {
    private final String service;
    private final Registry registry;
    private final LoadSource loads;
    private final Actuator actuator;
    private final List<Consumer<? super AuditEvent>> auditors = new ArrayList<>();
    private UnaryOperator<RpcChannel.Builder> channels = builder -> builder;
    private @Nullable Drains drains;
    private Duration drainTimeout = Duration.ofMinutes(1);
    private Duration settleTime = Duration.ofSeconds(6);
    private Duration startTimeout = Duration.ofMinutes(5);
    private Duration controlTimeout = Duration.ofSeconds(3);
    private int maxStarting = Integer.MAX_VALUE;
    private LongSupplier fencingToken = () -> 0;
    private BooleanSupplier holds = () -> true;
    private InstantSource clock = InstantSource.system();

    private Builder(String service, Registry registry, LoadSource loads, Actuator actuator) {
      this.service = Objects.requireNonNull(service, "service");
      this.registry = Objects.requireNonNull(registry, "registry");
      this.loads = Objects.requireNonNull(loads, "loads");
      this.actuator = Objects.requireNonNull(actuator, "actuator");
    }

    /** Changes the channel to the admin service of an instance, e.g. its credentials. */
    public Builder channels(UnaryOperator<RpcChannel.Builder> change) {
      channels = Objects.requireNonNull(change, "change");
      return this;
    }

    /**
     * Sets how long a drained instance may keep calls before it is stopped with them. Default: 1m.
     */
    public Builder drainTimeout(Duration value) {
      drainTimeout = positive("drainTimeout", value);
      return this;
    }

    /**
     * Sets how long after a drain the number of its calls is believed: clients have to hear of it,
     * and reports to come. Default: 6s.
     */
    public Builder settleTime(Duration value) {
      settleTime = positive("settleTime", value);
      return this;
    }

    /**
     * Sets how long an instance may run without an endpoint in the registry, before it is stopped
     * and replaced. Default: 5m.
     */
    public Builder startTimeout(Duration value) {
      startTimeout = positive("startTimeout", value);
      return this;
    }

    /** Sets how many instances may be starting at once. Default: any number. */
    public Builder maxStarting(int value) {
      if (value < 1) {
        throw new IllegalArgumentException(
            "maxStarting " + value + " is too small; use at least 1");
      }
      maxStarting = value;
      return this;
    }

    /**
     * Sets the fencing token of this decider, as {@code Leadership.fencingToken()} has it. Default:
     * 0, for a decider that is the only one.
     */
    public Builder fencingToken(LongSupplier token) {
      fencingToken = Objects.requireNonNull(token, "token");
      return this;
    }

    /**
     * Sets the term that this fleet acts in: its fencing token goes with each order, and once it is
     * over nothing is ordered and nobody is drained any more. Use this rather than {@link
     * #fencingToken} with an election of etcd.
     */
    public Builder leadership(Leadership term) {
      holds = term::holds;
      return fencingToken(term::fencingToken);
    }

    /** Hears of each action. Several may be given. */
    public Builder audit(Consumer<? super AuditEvent> listener) {
      auditors.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /** For tests: the time. */
    Builder clock(InstantSource other) {
      clock = other;
      return this;
    }

    /** For tests: instances that are told in another way. */
    Builder drains(Drains other) {
      drains = other;
      return this;
    }

    private static Duration positive(String name, Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException(name + " " + value + " is no time; use more than 0");
      }
      return value;
    }

    /** Makes it, and follows the registry from then on. */
    public Fleet build() {
      return new Fleet(this);
    }
  }
}
