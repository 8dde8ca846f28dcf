package io.fairlead.registry.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.gson.JsonObject;
import io.etcd.jetcd.api.Event;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.PolicySource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes live policies from etcd, for the channels and servers of one process, and reports there
 * which revision the process applies, or why it refuses one. {@link EtcdPolicies} changes them.
 *
 * <p>What is in force stays in force while etcd is silent, and when it has lost the sets. A set
 * that cannot be read or honoured is refused, and the one before stays. An emergency rule ends when
 * etcd says so, or at its own time while etcd is silent.
 *
 * <p>Safe for use by many threads. Observers run on the registry's one thread and must not block.
 * Closing the registry closes it.
 */
public final class EtcdPolicySource implements PolicySource, AutoCloseable {
  private static final Logger LOG = System.getLogger(EtcdPolicySource.class.getName());

  private final PolicyProcess process;
  private final PolicyKeys keys;
  private final EventLoop eventLoop;
  private final InstantSource clock;
  private final @Nullable PolicyFile file;
  private final RangeSync sync;
  private final LeasedKey reportKey;
  private final LeaseKeeper keeper;
  private final Consumer<EtcdPolicySource> onClose;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  // These are used on the loop alone.
  private final Map<String, KeyRecord> records = new HashMap<>();

  /** By key: the last that could be read. Sets stay when etcd has lost them. */
  private final Map<String, PolicyUnit> units = new TreeMap<>();

  /** By key: why what etcd has cannot be read. */
  private final Map<String, String> unreadable = new HashMap<>();

  /** Keys of sets that are in force although etcd has them no more. */
  private final Set<String> lost = new HashSet<>();

  /** Whether the units are what etcd has now, as far as they could be read. */
  private boolean confirmed;

  private boolean closing;
  private String report;
  private Map<String, PolicyUnit> saved;
  private EventLoop.Timer nextEnd = EventLoop.Timer.NONE;

  private final Object lock = new Object();

  /** What is to be in force, by key. */
  @GuardedBy("lock")
  private Map<String, PolicyUnit> wanted;

  /** Called under the lock: so each sees every change, in order, and none after it was closed. */
  @GuardedBy("lock")
  private final List<PolicyObserver<?>> observers = new ArrayList<>();

  EtcdPolicySource(
      Builder builder,
      Link link,
      LeaseKeeper keeper,
      PolicyKeys keys,
      InstantSource clock,
      Consumer<EtcdPolicySource> onClose) {
    this.process = new PolicyProcess(builder.id, builder.caller, builder.zone, builder.version);
    this.keys = keys;
    this.clock = clock;
    this.onClose = onClose;
    this.eventLoop = link.eventLoop();
    this.keeper = keeper;
    this.file = builder.file == null ? null : new PolicyFile(builder.file, keys, clock);
    if (file != null) {
      units.putAll(file.load());
    }
    this.saved = Map.copyOf(units);
    this.wanted = inForce();
    this.report = report(wanted, List.of());
    this.sync = new RangeSync(link, keys.rules(), new Content());
    this.reportKey =
        new LeasedKey(
            link,
            keeper,
            keys.report(process.id()),
            report,
            LeasedKey.Mode.LAST_WRITER_WINS,
            new ReportObserver());
  }

  /** On the loop. */
  void start() {
    if (!closing) {
      sync.start();
      reportKey.start();
    }
  }

  @Override
  public Subscription subscribe(Consumer<? super MethodPolicies> observer) {
    return subscribe(
        new PolicyObserver<MethodPolicies>(observer, units -> PolicyUnit.join(units, process)));
  }

  @Override
  public Subscription subscribeLimits(
      Collection<String> services,
      ConcurrencyLimits built,
      BiConsumer<? super ConcurrencyLimits, ? super String> observer) {
    Set<String> served = Set.copyOf(services);
    return subscribe(
        new PolicyObserver<PolicyUnit.ServerLimits>(
            taken -> observer.accept(taken.limits(), taken.origin()),
            units -> PolicyUnit.limits(units, process, served, built)));
  }

  private Subscription subscribe(PolicyObserver<?> added) {
    synchronized (lock) {
      added.offer(wanted);
      observers.add(added);
    }
    eventLoop.execute(this::updateReport);
    return () -> {
      synchronized (lock) {
        observers.remove(added);
      }
      eventLoop.execute(this::updateReport);
    };
  }

  /** Completes once etcd has answered for the first time; until then the file's policies hold. */
  public CompletionStage<Void> ready() {
    return ready;
  }

  /** What etcd has, as it comes. */
  private final class Content implements RangeListener {
    @Override
    public boolean onListed(RangeSnapshot snapshot, boolean revisionWentBack) {
      if (revisionWentBack) {
        LOG.log(
            Level.WARNING, "live policies: etcd was replaced by another store, or an older one");
      }
      Map<String, KeyRecord> before = Map.copyOf(records);
      records.clear();
      for (KeyRecord record : snapshot.keys()) {
        records.put(record.key(), record);
        KeyRecord known = before.get(record.key());
        if (known == null || !known.value().equals(record.value())) {
          read(record);
        }
      }
      TreeSet<String> missing = new TreeSet<>(units.keySet());
      missing.addAll(unreadable.keySet());
      missing.removeAll(records.keySet());
      missing.forEach(EtcdPolicySource.this::missing);
      ready.complete(null);
      confirmed = true;
      publish();
      return revisionWentBack;
    }

    @Override
    public void onChanged(List<Event> events, long revision) {
      for (Event event : events) {
        String key = event.getKv().getKey().toStringUtf8();
        if (event.getType() == Event.EventType.DELETE) {
          records.remove(key);
          missing(key);
        } else {
          KeyRecord record = ServiceEndpoints.stored(event.getKv());
          records.put(key, record);
          read(record);
        }
      }
      confirmed = true;
      publish();
    }

    @Override
    public void onHistory(List<Event> events) {}

    @Override
    public boolean matches(RangeDigest digest) {
      long latest = records.values().stream().mapToLong(KeyRecord::modRevision).max().orElse(0);
      return records.size() == digest.count() && latest == digest.latestModRevision();
    }

    @Override
    public void onConfirmed() {
      if (!confirmed) {
        confirmed = true;
        publish();
      }
    }

    @Override
    public void onUnconfirmed(EtcdException failure) {
      if (confirmed) {
        confirmed = false;
        publish();
      }
    }
  }

  private void read(KeyRecord record) {
    String key = record.key();
    try {
      PolicyUnit unit = PolicyUnit.decode(keys, key, record.value());
      PolicyUnit before = units.put(key, unit);
      unreadable.remove(key);
      lost.remove(key);
      if (before != null && unit.revision() < before.revision()) {
        LOG.log(
            Level.WARNING,
            "live policies of {0}: etcd went back from revision {1} to {2}, which is in force now",
            unit.service(),
            Long.toString(before.revision()),
            Long.toString(unit.revision()));
      }
    } catch (IllegalArgumentException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(unreadable.put(key, why))) {
        LOG.log(
            Level.ERROR,
            "live policies: the key \"{0}\" cannot be read, and what was in force stays: {1}",
            key,
            why);
      }
    }
  }

  /** An emergency rule has ended. A set is never deleted, so one that is missing was lost. */
  private void missing(String key) {
    unreadable.remove(key);
    if (!keys.isSet(key)) {
      units.remove(key);
      return;
    }
    PolicyUnit kept = units.get(key);
    if (kept != null && lost.add(key)) {
      LOG.log(
          Level.WARNING,
          "live policies of {0}: etcd has lost them; revision {1} stays in force until somebody"
              + " writes them again",
          kept.service(),
          Long.toString(kept.revision()));
    }
  }

  /** While etcd is silent, emergency rules end by the clock of this process. */
  private Map<String, PolicyUnit> inForce() {
    if (confirmed) {
      return Map.copyOf(units);
    }
    Instant now = clock.instant();
    Map<String, PolicyUnit> left = new HashMap<>(units);
    left.values().removeIf(unit -> unit.isOver(now));
    return Map.copyOf(left);
  }

  private void publish() {
    Map<String, PolicyUnit> now = inForce();
    Map<String, PolicyUnit> inUse;
    synchronized (lock) {
      wanted = now;
      observers.forEach(each -> each.offer(now));
      inUse = inUse(now, observers);
    }
    if (file != null && !inUse.equals(saved)) {
      saved = inUse;
      file.save(inUse);
    }
    awaitEnd();
    updateReport();
  }

  /** What every observer has taken: of a unit that one refuses, that of before. */
  private static Map<String, PolicyUnit> inUse(
      Map<String, PolicyUnit> now, List<PolicyObserver<?>> observers) {
    Map<String, PolicyUnit> inUse = new HashMap<>(now);
    for (PolicyObserver<?> each : observers) {
      for (String key : each.refused().keySet()) {
        PolicyUnit before = each.taken().get(key);
        if (before == null) {
          inUse.remove(key);
        } else {
          inUse.put(key, before);
        }
      }
    }
    return Map.copyOf(inUse);
  }

  private void awaitEnd() {
    nextEnd.cancel();
    if (confirmed || closing) {
      return;
    }
    Instant now = clock.instant();
    units.values().stream()
        .filter(unit -> unit.emergency() && !unit.isOver(now))
        .flatMap(unit -> unit.rules().get(0).until().stream())
        .min(Instant::compareTo)
        .ifPresent(
            end ->
                nextEnd = eventLoop.schedule(Duration.between(now, end).toNanos(), this::publish));
  }

  private void updateReport() {
    String next;
    synchronized (lock) {
      next = report(wanted, observers);
    }
    if (!closing && !next.equals(report)) {
      report = next;
      // It is written again until etcd has it, and whenever the lease is a new one.
      CompletableFuture<Void> unused = reportKey.setValue(next).exceptionally(failed -> null);
    }
  }

  private String report(Map<String, PolicyUnit> inForce, List<PolicyObserver<?>> taking) {
    TreeSet<String> services = new TreeSet<>();
    units.keySet().forEach(key -> services.add(keys.service(key)));
    unreadable.keySet().forEach(key -> services.add(keys.service(key)));
    JsonObject entries = new JsonObject();
    for (String service : services) {
      entries.add(service, entry(service, inForce, taking).encode());
    }
    JsonObject json = new JsonObject();
    json.addProperty("id", process.id());
    json.addProperty("caller", process.caller());
    json.addProperty("zone", process.zone());
    json.addProperty("version", process.version());
    json.add("services", entries);
    return json.toString();
  }

  private PolicyReport.Entry entry(
      String service, Map<String, PolicyUnit> inForce, List<PolicyObserver<?>> taking) {
    String set = keys.set(service);
    long applied = revision(inForce.get(set));
    Map<String, String> refused = new TreeMap<>();
    for (PolicyObserver<?> each : taking) {
      applied = Math.min(applied, revision(each.taken().get(set)));
      refused.putAll(each.refused());
    }
    refused.putAll(unreadable);
    refused.keySet().removeIf(key -> !keys.service(key).equals(service));
    int rules = 0;
    for (PolicyUnit unit : inForce.values()) {
      if (unit.service().equals(service)) {
        rules += (int) unit.rules().stream().filter(process::isMeant).count();
      }
    }
    if (refused.isEmpty()) {
      String odd = lost.contains(set) ? "etcd has lost this set, and it stays in force here" : "";
      return new PolicyReport.Entry(applied, rules, 0, odd);
    }
    String key = refused.keySet().iterator().next();
    PolicyUnit unit = inForce.get(key);
    long newest = unreadable.containsKey(key) || unit == null ? applied + 1 : unit.revision();
    return new PolicyReport.Entry(applied, rules, newest, Objects.requireNonNull(refused.get(key)));
  }

  private static long revision(@Nullable PolicyUnit unit) {
    return unit == null ? 0 : unit.revision();
  }

  private final class ReportObserver implements LeasedKey.Observer {
    @Override
    public void onStateChanged(KeyState state) {
      if (state instanceof KeyState.Foreign) {
        LOG.log(
            Level.WARNING,
            "live policies: another process reports as \"{0}\", so this one does not; give each"
                + " process an id of its own",
            process.id());
      }
    }

    /** The link has logged it. */
    @Override
    public void onWriteRefused(EtcdException failure) {}
  }

  /** On the loop: no observer hears of anything any more, and the report is taken out of etcd. */
  CompletableFuture<Void> leave() {
    startLeaving();
    return closed;
  }

  private void startLeaving() {
    if (!closing) {
      closing = true;
      nextEnd.cancel();
      sync.close();
      synchronized (lock) {
        observers.clear();
      }
      Futures.whenComplete(
          eventLoop,
          reportKey.remove().thenCompose(done -> keeper.removeHolder(reportKey)),
          (done, thrown) -> {
            onClose.accept(this);
            closed.complete(null);
          });
    }
  }

  /** Returns the id that it reports by. */
  String id() {
    return process.id();
  }

  /** Stops taking policies; those in force stay with the channels. */
  @Override
  public void close() {
    eventLoop.execute(this::startLeaving);
    BlockingWait.await(closed, eventLoop);
    closeFile();
  }

  /** Waits until the file has what was in force last. */
  void closeFile() {
    if (file != null) {
      file.close();
    }
  }

  @Override
  public String toString() {
    return "live policies of " + process.id() + " from " + keys.rules();
  }

  /** Describes a source. Not safe for use by several threads. */
  public static final class Builder {
    private final String id;
    private final Function<Builder, EtcdPolicySource> opener;
    private String caller = "";
    private String zone = "";
    private String version = "";
    private @Nullable Path file;

    Builder(String id, Function<Builder, EtcdPolicySource> opener) {
      if (id.isBlank()) {
        throw new IllegalArgumentException(
            "the id of a policy source is empty; use the id of the instance, such as"
                + " \"checkout-1\"");
      }
      this.id = id;
      this.opener = opener;
    }

    /** Sets what this process is as a caller, for rules that are for one caller. */
    public Builder caller(String value) {
      caller = Objects.requireNonNull(value, "caller");
      return this;
    }

    /** Sets the zone of this process, for rules that are for one zone. */
    public Builder zone(String value) {
      zone = Objects.requireNonNull(value, "zone");
      return this;
    }

    /** Sets the version of this process, for rules that are for one version. */
    public Builder version(String value) {
      version = Objects.requireNonNull(value, "version");
      return this;
    }

    /**
     * Keeps the last good policies in this file, for a start while etcd cannot be reached. Each
     * source needs a file of its own.
     */
    public Builder file(Path value) {
      file = Objects.requireNonNull(value, "file");
      return this;
    }

    /** Opens it, and reads the file if there is one. Returns at once, etcd reachable or not. */
    public EtcdPolicySource open() {
      return opener.apply(this);
    }
  }
}
