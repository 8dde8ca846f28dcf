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
 * share one. This class holds the content and publishes it; {@link ServiceWatchState} says how far
 * it can be trusted. Used on the loop alone.
 */
final class ServiceWatch implements RangeListener {
  static final Logger LOG = System.getLogger(ServiceWatch.class.getName());

  private final String service;
  private final Link link;
  private final SnapshotStore store;
  private final RangeSync rangeSync;
  private final ServiceEndpoints endpoints;
  private final SelfPreservation selfPreservation;
  private final List<Subscriber<Resolution>> subscribers = new ArrayList<>();
  private final InstantSource clock;
  private final Instant openedAt;
  private ServiceWatchState state = new ServiceWatchState.Loading(this);
  private Resolution resolution = new Resolution.Pending();
  private EventLoop.Timer graceTimer = EventLoop.Timer.NONE;

  /** Whether endpoints changed since the last publication. */
  private boolean changed;

  /** Whether self-preservation was active at the last publication. */
  private boolean wasPreserving;

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

  void start() {
    state.onEnter();
    store.load(service, saved -> link.eventLoop().execute(() -> onLoaded(saved)));
  }

  private void onLoaded(SnapshotStore.@Nullable Saved saved) {
    state.onRestored(saved == null || saved.snapshot().endpoints().isEmpty() ? null : saved);
  }

  void become(ServiceWatchState next) {
    state.onExit();
    state = next;
    next.onEnter();
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
    become(new ServiceWatchState.Closed(this));
    subscribers.clear();
    rangeSync.close();
    graceTimer.cancel();
  }

  void listen() {
    rangeSync.start();
  }

  @Override
  public boolean onListed(RangeSnapshot snapshot, boolean revisionWentBack) {
    // A new store may have caught up with the old one's revision by the time we read it.
    boolean replaced = revisionWentBack || endpoints.contradicts(snapshot);
    if (replaced) {
      replacements++;
      LOG.log(Level.WARNING, "{0}: etcd was replaced by another store", this);
    }
    record(endpoints.replaceAll(snapshot, replaced));
    if (replaced) {
      selfPreservation.activate();
    }
    state.onListed();
    onConfirmed();
    return replaced;
  }

  private void record(ServiceEndpoints.Change change) {
    selfPreservation.recordMissing(change.departed(), link.eventLoop().nanoTime());
    changed |= change.any();
  }

  /** Compares the first list with the disk's, if that was in use or etcd is empty. */
  void onFirstList(SnapshotStore.@Nullable Saved restored) {
    changed = true;
    boolean inUse = resolution instanceof Resolution.Bound;
    if (restored != null && (inUse || endpoints.size() == 0)) {
      selfPreservation.recordMissing(restored.snapshot().endpoints(), link.eventLoop().nanoTime());
      // Whoever deregistered in the meantime is not missing.
      rangeSync.resumeFrom(restored.snapshot().revision());
    }
  }

  @Override
  public void onChanged(List<Event> events, long revision) {
    record(endpoints.apply(events));
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
    state.onConfirmed();
    publish();
  }

  @Override
  public void onUnconfirmed(EtcdException failure) {
    state.onUnconfirmed(failure);
  }

  /** While etcd was silent, nobody could come back. */
  void restartGrace() {
    selfPreservation.restartGrace(link.eventLoop().nanoTime());
  }

  void suspendGrace() {
    graceTimer.cancel();
  }

  /** Serves the disk's list, as etcd gives none. */
  void publishRestored(EndpointSnapshot last, EtcdException failure) {
    if (!(resolution instanceof Resolution.Bound)) {
      LOG.log(
          Level.WARNING,
          "{0}: serving {1} from the snapshot on disk: {2}",
          this,
          Plural.of(last.endpoints().size(), "endpoint"),
          failure.getMessage());
      notifySubscribers(new Resolution.Bound(last, Freshness.RESTORED));
    }
  }

  /** Says why there is no list at all. */
  void publishFailure(EtcdException failure) {
    String reason =
        "no answer about "
            + this
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

  /** Publishes the current resolution if it differs from the last one. */
  void publish() {
    if (!state.listed()) {
      return;
    }
    boolean stale = state.stale();
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
          "{0}: {1} disappeared without deregistering, {2} left;"
              + " self-preservation applies for {3}",
          this,
          Plural.of(selfPreservation.size(), "endpoint"),
          endpoints.size(),
          DurationFormat.format(link.timeouts().selfPreservationGrace()));
    } else if (!preserving && wasPreserving) {
      LOG.log(Level.INFO, "{0}: self-preservation ended, {1}", this, countText());
    }
    wasPreserving = preserving;
  }

  /** How many endpoints etcd has, as words. */
  String countText() {
    return Plural.of(endpoints.size(), "endpoint");
  }

  Duration timeSince(Instant past) {
    return Duration.between(past, clock.instant());
  }

  Link link() {
    return link;
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
        .age(state.age())
        .relists(rangeSync.relistCount())
        .replacements(replacements)
        .preservations(preservationCount)
        .missing(selfPreservation.size())
        .build();
  }

  @Override
  public String toString() {
    return "service " + service;
  }
}
