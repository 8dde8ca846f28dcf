package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Has the content and watches for changes. Compares with etcd from time to time. */
final class FollowerWatching implements FollowerState, WatchCall.Listener {
  /** A stream that lived this long was no failure. */
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Follower follower;
  private final Requests requests;
  private final Listing listing;
  private final long startedNanos;
  private @Nullable WatchCall call;
  private Loop.Timer audit = Loop.Timer.NONE;
  private Loop.Timer created = Loop.Timer.NONE;
  private boolean left;

  FollowerWatching(Follower follower, Requests requests, Listing listing) {
    this.follower = follower;
    this.requests = requests;
    this.listing = listing;
    this.startedNanos = follower.link().loop().nanoTime();
  }

  @Override
  public void enter() {
    Loop loop = follower.link().loop();
    long from = follower.listed(listing);
    if (left) {
      return;
    }
    created =
        loop.schedule(
            follower.link().timing().request().toNanos(),
            () -> onEnd(unreachable(etcd() + " did not confirm the watch")));
    call = WatchCall.start(loop, requests.session(), follower.range(), from, this);
    scheduleAudit();
  }

  @Override
  public void leave() {
    left = true;
    audit.cancel();
    created.cancel();
    if (call != null) {
      call.cancel();
    }
  }

  /** All changes are told together: each telling costs a copy of the whole list. */
  @Override
  public void onResponses(List<WatchResponse> responses) {
    List<Event> events = new ArrayList<>();
    Trouble trouble = null;
    for (WatchResponse response : responses) {
      trouble = troubleIn(response);
      if (trouble != null) {
        break;
      }
      take(response, events);
    }
    tell(events);
    if (trouble != null) {
      onEnd(trouble);
    }
  }

  private @Nullable Trouble troubleIn(WatchResponse response) {
    if (response.getCanceled()) {
      // First: etcd gives this header no revision.
      return canceled(response);
    }
    return follower.replacedBy(response.getHeader())
        ? unreachable("etcd's revision went back from " + follower.revision())
        : null;
  }

  private void take(WatchResponse response, List<Event> events) {
    if (response.getCreated()) {
      created.cancel();
    }
    follower.reached(response.getHeader().getRevision());
    List<Event> more = response.getEventsList();
    if (!more.isEmpty()) {
      events.addAll(more);
      follower.told(more.get(more.size() - 1).getKv().getModRevision());
    } else if (!response.getCreated()) {
      follower.told(response.getHeader().getRevision());
    }
  }

  private void tell(List<Event> events) {
    int old = 0;
    while (old < events.size() && events.get(old).getKv().getModRevision() <= listing.revision()) {
      old++;
    }
    if (old > 0) {
      follower.following().history(events.subList(0, old));
    }
    if (old < events.size()) {
      follower.following().changed(events.subList(old, events.size()), follower.revision());
    }
  }

  private Trouble canceled(WatchResponse response) {
    if (response.getCompactRevision() != 0) {
      // What etcd still has of the past is worth hearing.
      follower.told(response.getCompactRevision() - 1);
      return new Trouble(Trouble.Kind.COMPACTED, etcd() + " compacted past " + follower.revision());
    }
    boolean denied = response.getCancelReason().contains("permission denied");
    return new Trouble(
        denied ? Trouble.Kind.DENIED : Trouble.Kind.UNREACHABLE,
        etcd() + " canceled the watch of " + follower.range() + ": " + response.getCancelReason());
  }

  private String etcd() {
    return "etcd at " + requests.session().endpoint();
  }

  @Override
  public void onEnd(Trouble trouble) {
    if (follower.link().loop().nanoTime() - startedNanos > STEADY_NANOS) {
      follower.backoff().reset();
    }
    follower.again(trouble);
  }

  private static Trouble unreachable(String why) {
    return new Trouble(Trouble.Kind.UNREACHABLE, why);
  }

  private void scheduleAudit() {
    Link link = follower.link();
    audit =
        link.loop()
            .schedule(Jitter.scaled(link.random(), link.timing().audit(), 0.75, 1.25), this::audit);
  }

  @Override
  public void linkUp(Requests requests) {
    // The stream outlived a doubt about the link.
    audit.cancel();
    audit();
  }

  /** The watch should have told all. Old etcd versions, proxies and we ourselves have defects. */
  private void audit() {
    Requests present = follower.requests();
    if (present == null) {
      scheduleAudit();
      return;
    }
    Later.on(
        follower.link().loop(),
        present.audit(follower.range()),
        (found, thrown) -> {
          if (left) {
            return;
          }
          if (thrown != null) {
            scheduleAudit();
          } else if (follower.following().agrees(found)) {
            follower.following().confirmed();
            scheduleAudit();
          } else {
            follower.become(new FollowerListing(follower, present));
          }
        });
  }

  @Override
  public String toString() {
    return "watches";
  }
}
