package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Resolution.Freshness;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a registry believes of one service, from what etcd says and what it does not. Many observers
 * share one. Used on the loop alone.
 */
final class ServiceWatch implements RangeListener {
  private static final Logger LOG = System.getLogger(ServiceWatch.class.getName());

  private final String service;
  private final Link link;
  private final SnapshotStore store;
  private final RangeSync rangeSync;
  private final ServiceEndpoints view;
  private final SelfPreservation selfPreservation;
  private final List<Subscriber<Resolution>> subscribers = new ArrayList<>();
  private final Wall clock;
  private final Instant openedAt;
  private Resolution resolution = new Resolution.Pending();
  private SnapshotStore.@Nullable Saved restored;
  private EventLoop.Timer graceTimer = EventLoop.Timer.NONE;
  private EventLoop.Timer staleTimer = EventLoop.Timer.NONE;
  private EventLoop.Timer diskTimer = EventLoop.Timer.NONE;
  private boolean started;
  private boolean listed;
  private boolean unconfirmed;
  private boolean stale;
  private boolean changed;
  private boolean wasPreserving;
  private boolean closed;
  private long confirmedNanos;
  private long preservationCount;
  private long replacements;

  ServiceWatch(String service, Link link, EndpointCodec codec, Wall wall, SnapshotStore store) {
    this.service = service;
    this.link = link;
    this.store = store;
    this.view = new ServiceEndpoints(service, codec);
    this.selfPreservation = new SelfPreservation(link.timeouts().selfPreservationGrace().toNanos());
    this.rangeSync = new RangeSync(link, codec.range(service), this);
    this.clock = wall;
    this.openedAt = wall.instant();
  }

  /** The disk first, so that it is not chance which one we hear; but a disk may hang. */
  void start() {
    diskTimer = link.eventLoop().schedule(link.timeouts().staleAfter().toNanos(), this::follow);
    store.load(
        service,
        saved ->
            link.eventLoop()
                .execute(
                    () -> {
                      onRestored(saved);
                      follow();
                    }));
  }

  private void follow() {
    diskTimer.cancel();
    if (started || closed) {
      return;
    }
    started = true;
    rangeSync.start();
    EtcdException failure = link.lastFailure();
    if (failure != null) {
      onUnconfirmed(failure);
    }
  }

  void add(Subscriber<Resolution> subscriber) {
    subscribers.add(subscriber);
    subscriber.publish(resolution);
  }

  /** Whether nobody is left. */
  boolean remove(Subscriber<Resolution> subscriber) {
    subscribers.remove(subscriber);
    return subscribers.isEmpty();
  }

  void close() {
    closed = true;
    subscribers.clear();
    rangeSync.close();
    graceTimer.cancel();
    staleTimer.cancel();
    diskTimer.cancel();
  }

  @Override
  public boolean onListed(RangeSnapshot snapshot, boolean revisionWentBack) {
    long now = link.eventLoop().nanoTime();
    // A new store may have caught up with the old one's revision by the time we read it.
    boolean replaced = revisionWentBack || view.contradicts(snapshot);
    if (replaced) {
      replacements++;
      LOG.log(Level.WARNING, "service {0}: etcd is not the store that it was", service);
    }
    if (stale) {
      selfPreservation.restartGrace(now);
    }
    ServiceEndpoints.Change change = view.replaceAll(snapshot, replaced);
    selfPreservation.recordMissing(change.departed(), now);
    if (replaced) {
      selfPreservation.activate();
    }
    boolean inUse = resolution instanceof Resolution.Bound;
    if (!listed && restored != null && (inUse || view.size() == 0)) {
      selfPreservation.recordMissing(restored.snapshot().endpoints(), now);
      // Whoever left on purpose in the meantime has said so.
      rangeSync.resumeFrom(restored.snapshot().revision());
    }
    changed |= change.any() || !listed;
    listed = true;
    onConfirmed();
    return replaced;
  }

  @Override
  public void onChanged(List<Event> events, long revision) {
    ServiceEndpoints.Change change = view.apply(events);
    selfPreservation.recordMissing(change.departed(), link.eventLoop().nanoTime());
    changed |= change.any();
    onConfirmed();
  }

  @Override
  public void onHistory(List<Event> events) {
    selfPreservation.confirmDeparture(view.announcedDepartures(events));
    onConfirmed();
  }

  @Override
  public boolean matches(RangeDigest digest) {
    return view.matches(digest);
  }

  @Override
  public void onConfirmed() {
    confirmedNanos = link.eventLoop().nanoTime();
    unconfirmed = false;
    staleTimer.cancel();
    if (stale) {
      stale = false;
      LOG.log(Level.INFO, "service {0}: the list is up to date again", service);
    }
    publish();
  }

  @Override
  public void onUnconfirmed(EtcdException failure) {
    if (closed) {
      return;
    }
    if (!listed) {
      resolveWithoutList(failure);
    } else if (!unconfirmed) {
      unconfirmed = true;
      confirmedNanos = link.eventLoop().nanoTime();
      // Most silences end with the next breath; those are not worth telling.
      staleTimer =
          link.eventLoop()
              .schedule(link.timeouts().staleAfter().toNanos(), () -> becomeStale(failure));
    }
  }

  private void becomeStale(EtcdException failure) {
    stale = true;
    graceTimer.cancel();
    LOG.log(
        Level.WARNING,
        "service {0}: serving the last list, {1} endpoints: {2}",
        service,
        view.size(),
        failure.getMessage());
    publish();
  }

  private void resolveWithoutList(EtcdException failure) {
    if (restored != null) {
      EndpointSnapshot last = restored.snapshot();
      if (!(resolution instanceof Resolution.Bound)) {
        LOG.log(
            Level.WARNING,
            "service {0}: serving {1} endpoints from the disk: {2}",
            service,
            last.endpoints().size(),
            failure.getMessage());
        notifySubscribers(new Resolution.Bound(last, Freshness.RESTORED));
      }
      return;
    }
    String reason =
        "no answer about service "
            + service
            + " from etcd "
            + String.join(", ", link.endpointNames())
            + " since "
            + openedAt
            + "; last error: "
            + failure.getMessage();
    Resolution failed = new Resolution.Failed(service, reason);
    if (!failed.equals(resolution)) {
      notifySubscribers(failed);
    }
  }

  private void onRestored(SnapshotStore.@Nullable Saved saved) {
    if (closed || listed || saved == null || saved.snapshot().endpoints().isEmpty()) {
      return;
    }
    restored = saved;
    EtcdException failure = link.lastFailure();
    if (failure != null) {
      resolveWithoutList(failure);
    }
  }

  /** Tells what is believed now, if that is other than what was told last. */
  private void publish() {
    if (!listed || closed) {
      return;
    }
    long now = link.eventLoop().nanoTime();
    if (!stale) {
      selfPreservation.expire(view, now);
      awaitGrace(now);
    }
    boolean held = selfPreservation.isActive(view.size());
    boolean news = changed;
    boolean perhaps = held || wasPreserving;
    changed = false;
    logPreservation(held);
    Freshness freshness = stale ? Freshness.STALE : held ? Freshness.PRESERVED : Freshness.CURRENT;
    if (!news
        && !perhaps
        && (!(resolution instanceof Resolution.Bound bound) || bound.freshness() == freshness)) {
      return;
    }
    Resolution next = currentResolution(held, freshness);
    if (news || !next.equals(resolution)) {
      notifySubscribers(next);
      if (freshness == Freshness.CURRENT && next instanceof Resolution.Bound bound) {
        store.save(bound.snapshot());
      }
    }
  }

  private Resolution currentResolution(boolean held, Freshness freshness) {
    List<Endpoint> endpoints =
        held ? selfPreservation.withMissing(view.endpoints()) : view.endpoints();
    return endpoints.isEmpty()
        ? new Resolution.Absent(service, rangeSync.revision())
        : new Resolution.Bound(
            new EndpointSnapshot(service, rangeSync.revision(), endpoints), freshness);
  }

  private void awaitGrace(long now) {
    graceTimer.cancel();
    long pause = selfPreservation.nanosToNextExpiry(now);
    if (pause >= 0) {
      graceTimer = link.eventLoop().schedule(pause, this::publish);
    }
  }

  private void logPreservation(boolean held) {
    if (held && !wasPreserving) {
      preservationCount++;
      LOG.log(
          Level.WARNING,
          "service {0}: {1} endpoints vanished without a good-bye and {2} are left;"
              + " not believed for {3}",
          service,
          selfPreservation.size(),
          view.size(),
          DurationFormat.format(link.timeouts().selfPreservationGrace()));
    } else if (!held && wasPreserving) {
      LOG.log(Level.INFO, "service {0}: {1} endpoints, as etcd says", service, view.size());
    }
    wasPreserving = held;
  }

  /** How old the list in use is, if etcd is silent. */
  private Duration age() {
    if (listed) {
      return unconfirmed
          ? Duration.ofNanos(link.eventLoop().nanoTime() - confirmedNanos)
          : Duration.ZERO;
    }
    // The wall clock is all that a file knows; it may have been set back since.
    Duration kept =
        restored == null ? Duration.ZERO : Duration.between(restored.savedAt(), clock.instant());
    return kept.isNegative() ? Duration.ZERO : kept;
  }

  private void notifySubscribers(Resolution news) {
    resolution = news;
    List.copyOf(subscribers).forEach(subscriber -> subscriber.publish(news));
  }

  WatchHealth health() {
    Freshness freshness = resolution instanceof Resolution.Bound bound ? bound.freshness() : null;
    int count =
        resolution instanceof Resolution.Bound bound ? bound.snapshot().endpoints().size() : 0;
    return new WatchHealth(
        service,
        Optional.ofNullable(freshness),
        count,
        resolution instanceof Resolution.Bound bound && freshness == Freshness.RESTORED
            ? bound.snapshot().revision()
            : rangeSync.revision(),
        age(),
        rangeSync.relistCount(),
        replacements,
        preservationCount,
        selfPreservation.size());
  }
}
