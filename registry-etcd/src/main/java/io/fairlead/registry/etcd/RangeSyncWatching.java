package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Has the content and watches for changes. Compares with etcd from time to time. */
final class RangeSyncWatching implements RangeSyncState, WatchCall.Listener {
  /** A stream that lived this long was no failure. */
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final RangeSync sync;
  private final EtcdClient client;
  private final RangeSnapshot snapshot;
  private final long startedNanos;
  private @Nullable WatchCall call;
  private EventLoop.Timer verifyTimer = EventLoop.Timer.NONE;
  private EventLoop.Timer created = EventLoop.Timer.NONE;
  private boolean exited;

  RangeSyncWatching(RangeSync sync, EtcdClient client, RangeSnapshot snapshot) {
    this.sync = sync;
    this.client = client;
    this.snapshot = snapshot;
    this.startedNanos = sync.link().eventLoop().nanoTime();
  }

  @Override
  public void onEnter() {
    EventLoop eventLoop = sync.link().eventLoop();
    long from = sync.onListed(snapshot);
    if (exited) {
      return;
    }
    created =
        eventLoop.schedule(
            sync.link().timeouts().requestTimeout().toNanos(),
            () -> onEnd(unreachable(etcd() + " did not confirm the watch")));
    call = WatchCall.start(eventLoop, client.session(), sync.range(), from, this);
    scheduleVerification();
  }

  @Override
  public void onExit() {
    exited = true;
    verifyTimer.cancel();
    created.cancel();
    if (call != null) {
      call.cancel();
    }
  }

  /** Delivers all changes together: each delivery costs a copy of the whole list. */
  @Override
  public void onResponses(List<WatchResponse> responses) {
    List<Event> events = new ArrayList<>();
    EtcdException failure = null;
    for (WatchResponse response : responses) {
      failure = failureIn(response);
      if (failure != null) {
        break;
      }
      collect(response, events);
    }
    deliver(events);
    if (failure != null) {
      onEnd(failure);
    }
  }

  private @Nullable EtcdException failureIn(WatchResponse response) {
    if (response.getCanceled()) {
      // First: etcd gives this header no revision.
      return canceled(response);
    }
    return sync.isReplacedBy(response.getHeader())
        ? unreachable("etcd's revision went back from " + sync.revision())
        : null;
  }

  private void collect(WatchResponse response, List<Event> events) {
    if (response.getCreated()) {
      created.cancel();
    }
    sync.observedRevision(response.getHeader().getRevision());
    List<Event> more = response.getEventsList();
    if (!more.isEmpty()) {
      events.addAll(more);
      sync.deliveredThrough(more.get(more.size() - 1).getKv().getModRevision());
    } else if (!response.getCreated()) {
      sync.deliveredThrough(response.getHeader().getRevision());
    }
  }

  private void deliver(List<Event> events) {
    int old = 0;
    while (old < events.size() && events.get(old).getKv().getModRevision() <= snapshot.revision()) {
      old++;
    }
    if (old > 0) {
      sync.listener().onHistory(events.subList(0, old));
    }
    if (old < events.size()) {
      sync.listener().onChanged(events.subList(old, events.size()), sync.revision());
    }
  }

  private EtcdException canceled(WatchResponse response) {
    if (response.getCompactRevision() != 0) {
      // Continue with what etcd still has of the past.
      sync.deliveredThrough(response.getCompactRevision() - 1);
      return new EtcdException(
          EtcdException.Kind.COMPACTED, etcd() + " compacted past " + sync.revision());
    }
    boolean denied = response.getCancelReason().contains("permission denied");
    return new EtcdException(
        denied ? EtcdException.Kind.DENIED : EtcdException.Kind.UNREACHABLE,
        etcd() + " canceled the watch of " + sync.range() + ": " + response.getCancelReason());
  }

  private String etcd() {
    return "etcd at " + client.session().endpoint();
  }

  @Override
  public void onEnd(EtcdException failure) {
    if (sync.link().eventLoop().nanoTime() - startedNanos > STEADY_NANOS) {
      sync.backoff().reset();
    }
    sync.retry(failure);
  }

  private static EtcdException unreachable(String why) {
    return new EtcdException(EtcdException.Kind.UNREACHABLE, why);
  }

  private void scheduleVerification() {
    Link link = sync.link();
    verifyTimer =
        link.eventLoop()
            .schedule(
                Jitter.scaled(link.random(), link.timeouts().verifyInterval(), 0.75, 1.25),
                this::verify);
  }

  @Override
  public void linkUp(EtcdClient client) {
    // The stream outlived a doubt about the link.
    verifyTimer.cancel();
    verify();
  }

  /** Finds what the watch missed: old etcd versions, proxies and we ourselves have defects. */
  private void verify() {
    EtcdClient present = sync.client();
    if (present == null) {
      scheduleVerification();
      return;
    }
    Futures.whenComplete(
        sync.link().eventLoop(),
        present.digest(sync.range()),
        (found, thrown) -> {
          if (exited) {
            return;
          }
          if (thrown != null) {
            scheduleVerification();
          } else if (sync.listener().matches(found)) {
            sync.listener().onConfirmed();
            scheduleVerification();
          } else {
            sync.become(new RangeSyncListing(sync, present));
          }
        });
  }

  @Override
  public String toString() {
    return "watching";
  }
}
