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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a registry knows of one service, from what etcd says and what it does not. Many observers
 * share one. Used on the loop alone.
 */
final class ServiceWatch implements RangeListener {
  private static final Logger LOG = System.getLogger(ServiceWatch.class.getName());

  private final String service;
  private final Link link;
  private final SnapshotStore store;
  private final RangeSync rangeSync;
  private final ServiceEndpoints endpoints;
  private final SelfPreservation selfPreservation;
  private final List<Subscriber<Resolution>> subscribers = new ArrayList<>();
  private final InstantSource clock;
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

  ServiceWatch(
      String service, Link link, EndpointCodec codec, InstantSource clock, SnapshotStore store) {
    this.service = service;
    this.link = link;
    this.store = store;
    this.endpoints = new ServiceEndpoints(service, codec);
    this.selfPreservation = new SelfPreservation(link.timeouts().selfPreservationGrace().toNanos());
    this.rangeSync = new RangeSync(link, codec.range(service), this);
    this.clock = clock;
    this.openedAt = clock.instant();
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

  /** Returns whether nobody is left. */
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
    boolean replaced = revisionWentBack || endpoints.contradicts(snapshot);
    if (replaced) {
      replacements++;
      LOG.log(Level.WARNING, "service {0}: etcd was replaced by another store", service);
    }
    if (stale) {
      selfPreservation.restartGrace(now);
    }
    ServiceEndpoints.Change change = endpoints.replaceAll(snapshot, replaced);
    selfPreservation.recordMissing(change.departed(), now);
    if (replaced) {
      selfPreservation.activate();
    }
    boolean inUse = resolution instanceof Resolution.Bound;
    if (!listed && restored != null && (inUse || endpoints.size() == 0)) {
      selfPreservation.recordMissing(restored.snapshot().endpoints(), now);
      // Whoever deregistered in the meantime is not missing.
      rangeSync.resumeFrom(restored.snapshot().revision());
    }
    changed |= change.any() || !listed;
    listed = true;
    onConfirmed();
    return replaced;
  }

  @Override
  public void onChanged(List<Event> events, long revision) {
    ServiceEndpoints.Change change = endpoints.apply(events);
    selfPreservation.recordMissing(change.departed(), link.eventLoop().nanoTime());
    changed |= change.any();
    onConfirmed();
  }

  @Override
  public void onHistory(List<Event> events) {
    selfPreservation.confirmDeparture(endpoints.announcedDepartures(events));
    onConfirmed();
  }

  @Override
  public boolean matches(RangeDigest digest) {
    return endpoints.matches(digest);
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
      // Most interruptions end at once; those are not published.
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
        "service {0}: serving the last list, {1}: {2}",
        service,
        Plural.of(endpoints.size(), "endpoint"),
        failure.getMessage());
    publish();
  }

  private void resolveWithoutList(EtcdException failure) {
    if (restored != null) {
      EndpointSnapshot last = restored.snapshot();
      if (!(resolution instanceof Resolution.Bound)) {
        LOG.log(
            Level.WARNING,
            "service {0}: serving {1} from the snapshot on disk: {2}",
            service,
            Plural.of(last.endpoints().size(), "endpoint"),
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

  /** Publishes the current resolution if it differs from the last one. */
  private void publish() {
    if (!listed || closed) {
      return;
    }
    long now = link.eventLoop().nanoTime();
    if (!stale) {
      selfPreservation.expire(endpoints, now);
      awaitGrace(now);
    }
    boolean preserving = selfPreservation.isActive(endpoints.size());
    boolean news = changed;
    boolean perhaps = preserving || wasPreserving;
    changed = false;
    logPreservation(preserving);
    Freshness freshness =
        stale ? Freshness.STALE : preserving ? Freshness.PRESERVED : Freshness.CURRENT;
    if (!news
        && !perhaps
        && (!(resolution instanceof Resolution.Bound bound) || bound.freshness() == freshness)) {
      return;
    }
    Resolution next = currentResolution(preserving, freshness);
    if (news || !next.equals(resolution)) {
      notifySubscribers(next);
      if (freshness == Freshness.CURRENT && next instanceof Resolution.Bound bound) {
        store.save(bound.snapshot());
      }
    }
  }

  private Resolution currentResolution(boolean preserving, Freshness freshness) {
    List<Endpoint> inUse =
        preserving ? selfPreservation.withMissing(endpoints.endpoints()) : endpoints.endpoints();
    return inUse.isEmpty()
        ? new Resolution.Absent(service, rangeSync.revision())
        : new Resolution.Bound(
            new EndpointSnapshot(service, rangeSync.revision(), inUse), freshness);
  }

  private void awaitGrace(long now) {
    graceTimer.cancel();
    long pause = selfPreservation.nanosToNextExpiry(now);
    if (pause >= 0) {
      graceTimer = link.eventLoop().schedule(pause, this::publish);
    }
  }

  private void logPreservation(boolean preserving) {
    if (preserving && !wasPreserving) {
      preservationCount++;
      LOG.log(
          Level.WARNING,
          "service {0}: {1} disappeared without deregistering, {2} left;"
              + " self-preservation applies for {3}",
          service,
          Plural.of(selfPreservation.size(), "endpoint"),
          endpoints.size(),
          DurationFormat.format(link.timeouts().selfPreservationGrace()));
    } else if (!preserving && wasPreserving) {
      LOG.log(
          Level.INFO,
          "service {0}: self-preservation ended, {1}",
          service,
          Plural.of(endpoints.size(), "endpoint"));
    }
    wasPreserving = preserving;
  }

  /** How old the list in use is, if etcd is silent. */
  private Duration age() {
    if (listed) {
      return unconfirmed
          ? Duration.ofNanos(link.eventLoop().nanoTime() - confirmedNanos)
          : Duration.ZERO;
    }
    // The wall clock is all that a file knows; it may have been set back since.
    Duration age =
        restored == null ? Duration.ZERO : Duration.between(restored.savedAt(), clock.instant());
    return age.isNegative() ? Duration.ZERO : age;
  }

  private void notifySubscribers(Resolution news) {
    resolution = news;
    List.copyOf(subscribers).forEach(subscriber -> subscriber.publish(news));
  }

  WatchHealth health() {
    Freshness freshness = resolution instanceof Resolution.Bound bound ? bound.freshness() : null;
    int count =
        resolution instanceof Resolution.Bound bound ? bound.snapshot().endpoints().size() : 0;
    return WatchHealth.builder()
        .service(service)
        .freshness(freshness)
        .endpoints(count)
        .revision(
            resolution instanceof Resolution.Bound bound && freshness == Freshness.RESTORED
                ? bound.snapshot().revision()
                : rangeSync.revision())
        .age(age())
        .relists(rangeSync.relistCount())
        .replacements(replacements)
        .preservations(preservationCount)
        .missing(selfPreservation.size())
        .build();
  }
}
