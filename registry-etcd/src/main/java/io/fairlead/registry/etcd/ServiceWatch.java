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
final class ServiceWatch implements Following {
  private static final Logger LOG = System.getLogger(ServiceWatch.class.getName());

  private final String service;
  private final Link link;
  private final SnapshotStore store;
  private final Follower follower;
  private final View view;
  private final Disappearances disappearances;
  private final List<Subscriber<Resolution>> subscribers = new ArrayList<>();
  private final Wall wall;
  private final Instant openedAt;
  private Resolution resolution = new Resolution.Pending();
  private SnapshotStore.@Nullable Kept restored;
  private Loop.Timer graceTimer = Loop.Timer.NONE;
  private Loop.Timer staleTimer = Loop.Timer.NONE;
  private Loop.Timer diskTimer = Loop.Timer.NONE;
  private boolean following;
  private boolean listed;
  private boolean silent;
  private boolean stale;
  private boolean changed;
  private boolean wasHeld;
  private boolean closed;
  private long confirmedNanos;
  private long heldCount;
  private long replacements;

  ServiceWatch(String service, Link link, EndpointCodec codec, Wall wall, SnapshotStore store) {
    this.service = service;
    this.link = link;
    this.store = store;
    this.view = new View(service, codec);
    this.disappearances = new Disappearances(link.timing().grace().toNanos());
    this.follower = new Follower(link, codec.range(service), this);
    this.wall = wall;
    this.openedAt = wall.now();
  }

  /** The disk first, so that it is not chance which one we hear; but a disk may hang. */
  void start() {
    diskTimer = link.loop().schedule(link.timing().stale().toNanos(), this::follow);
    store.load(
        service,
        kept ->
            link.loop()
                .execute(
                    () -> {
                      onRestored(kept);
                      follow();
                    }));
  }

  private void follow() {
    diskTimer.cancel();
    if (following || closed) {
      return;
    }
    following = true;
    follower.start();
    Trouble trouble = link.lastTrouble();
    if (trouble != null) {
      silent(trouble);
    }
  }

  void add(Subscriber<Resolution> subscriber) {
    subscribers.add(subscriber);
    subscriber.tell(resolution);
  }

  /** Whether nobody is left. */
  boolean remove(Subscriber<Resolution> subscriber) {
    subscribers.remove(subscriber);
    return subscribers.isEmpty();
  }

  void close() {
    closed = true;
    subscribers.clear();
    follower.close();
    graceTimer.cancel();
    staleTimer.cancel();
    diskTimer.cancel();
  }

  @Override
  public boolean listed(Listing listing, boolean revisionWentBack) {
    long now = link.loop().nanoTime();
    // A new store may have caught up with the old one's revision by the time we read it.
    boolean replaced = revisionWentBack || view.contradicts(listing);
    if (replaced) {
      replacements++;
      LOG.log(Level.WARNING, "service {0}: etcd is not the store that it was", service);
    }
    if (stale) {
      disappearances.restart(now);
    }
    View.Change change = view.list(listing, replaced);
    disappearances.departed(change.departed(), now);
    if (replaced) {
      disappearances.distrust();
    }
    boolean inUse = resolution instanceof Resolution.Bound;
    if (!listed && restored != null && (inUse || view.size() == 0)) {
      disappearances.departed(restored.snapshot().endpoints(), now);
      // Whoever left on purpose in the meantime has said so.
      follower.toldUpTo(restored.snapshot().revision());
    }
    changed |= change.any() || !listed;
    listed = true;
    confirmed();
    return replaced;
  }

  @Override
  public void changed(List<Event> events, long revision) {
    View.Change change = view.apply(events);
    disappearances.departed(change.departed(), link.loop().nanoTime());
    changed |= change.any();
    confirmed();
  }

  @Override
  public void history(List<Event> events) {
    disappearances.excuse(view.goodByes(events));
    confirmed();
  }

  @Override
  public boolean agrees(Audit audit) {
    return view.agrees(audit);
  }

  @Override
  public void confirmed() {
    confirmedNanos = link.loop().nanoTime();
    silent = false;
    staleTimer.cancel();
    if (stale) {
      stale = false;
      LOG.log(Level.INFO, "service {0}: the list is up to date again", service);
    }
    publish();
  }

  @Override
  public void silent(Trouble trouble) {
    if (closed) {
      return;
    }
    if (!listed) {
      withoutList(trouble);
    } else if (!silent) {
      silent = true;
      confirmedNanos = link.loop().nanoTime();
      // Most silences end with the next breath; those are not worth telling.
      staleTimer =
          link.loop().schedule(link.timing().stale().toNanos(), () -> becomeStale(trouble));
    }
  }

  private void becomeStale(Trouble trouble) {
    stale = true;
    graceTimer.cancel();
    LOG.log(
        Level.WARNING,
        "service {0}: serving the last list, {1} endpoints: {2}",
        service,
        view.size(),
        trouble.getMessage());
    publish();
  }

  private void withoutList(Trouble trouble) {
    if (restored != null) {
      EndpointSnapshot last = restored.snapshot();
      if (!(resolution instanceof Resolution.Bound)) {
        LOG.log(
            Level.WARNING,
            "service {0}: serving {1} endpoints from the disk: {2}",
            service,
            last.endpoints().size(),
            trouble.getMessage());
        tell(new Resolution.Bound(last, Freshness.RESTORED));
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
            + trouble.getMessage();
    Resolution failed = new Resolution.Failed(service, reason);
    if (!failed.equals(resolution)) {
      tell(failed);
    }
  }

  private void onRestored(SnapshotStore.@Nullable Kept kept) {
    if (closed || listed || kept == null || kept.snapshot().endpoints().isEmpty()) {
      return;
    }
    restored = kept;
    Trouble trouble = link.lastTrouble();
    if (trouble != null) {
      withoutList(trouble);
    }
  }

  /** Tells what is believed now, if that is other than what was told last. */
  private void publish() {
    if (!listed || closed) {
      return;
    }
    long now = link.loop().nanoTime();
    if (!stale) {
      disappearances.settle(view, now);
      awaitGrace(now);
    }
    boolean held = disappearances.held(view.size());
    boolean news = changed;
    boolean perhaps = held || wasHeld;
    changed = false;
    noteHeld(held);
    Freshness freshness = stale ? Freshness.STALE : held ? Freshness.PRESERVED : Freshness.CURRENT;
    if (!news
        && !perhaps
        && (!(resolution instanceof Resolution.Bound bound) || bound.freshness() == freshness)) {
      return;
    }
    Resolution next = believed(held, freshness);
    if (news || !next.equals(resolution)) {
      tell(next);
      if (freshness == Freshness.CURRENT && next instanceof Resolution.Bound bound) {
        store.save(bound.snapshot());
      }
    }
  }

  private Resolution believed(boolean held, Freshness freshness) {
    List<Endpoint> endpoints = held ? disappearances.with(view.endpoints()) : view.endpoints();
    return endpoints.isEmpty()
        ? new Resolution.Absent(service, follower.revision())
        : new Resolution.Bound(
            new EndpointSnapshot(service, follower.revision(), endpoints), freshness);
  }

  private void awaitGrace(long now) {
    graceTimer.cancel();
    long pause = disappearances.nextNanos(now);
    if (pause >= 0) {
      graceTimer = link.loop().schedule(pause, this::publish);
    }
  }

  private void noteHeld(boolean held) {
    if (held && !wasHeld) {
      heldCount++;
      LOG.log(
          Level.WARNING,
          "service {0}: {1} endpoints vanished without a good-bye and {2} are left;"
              + " not believed for {3}",
          service,
          disappearances.size(),
          view.size(),
          Spans.text(link.timing().grace()));
    } else if (!held && wasHeld) {
      LOG.log(Level.INFO, "service {0}: {1} endpoints, as etcd says", service, view.size());
    }
    wasHeld = held;
  }

  /** How old the list in use is, if etcd is silent. */
  private Duration age() {
    if (listed) {
      return silent ? Duration.ofNanos(link.loop().nanoTime() - confirmedNanos) : Duration.ZERO;
    }
    // The wall clock is all that a file knows; it may have been set back since.
    Duration kept = restored == null ? Duration.ZERO : Duration.between(restored.at(), wall.now());
    return kept.isNegative() ? Duration.ZERO : kept;
  }

  private void tell(Resolution news) {
    resolution = news;
    List.copyOf(subscribers).forEach(subscriber -> subscriber.tell(news));
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
            : follower.revision(),
        age(),
        follower.relists(),
        replacements,
        heldCount,
        disappearances.size());
  }
}
