package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.Watcher.State;
import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.Event.EventType;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.WatchCreateRequest;
import io.fairlead.etcd.embedded.api.WatchResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The watches of one client stream. While the client takes what it gets, events go out as they
 * happen. When it does not, its watches fall behind, and read from the store once it is ready
 * again: the store's memory of events is the only buffer. Guarded by {@link EtcdStateMachine}.
 */
final class WatchStream {
  /** Where responses go. */
  interface Sink {
    /** Returns whether the client takes more. */
    boolean isReady();

    void send(WatchResponse response);
  }

  /** Of a response that concerns no watch, or all. */
  static final long NO_WATCH = -1;

  private static final int MAX_REVISIONS_AT_ONCE = 1000;

  private final KeyStore store;
  private final WatchHub hub;
  private final Sink sink;
  private final int maxFragmentBytes;
  private final Map<Long, Watcher> watchers = new LinkedHashMap<>();
  private long nextId;

  WatchStream(KeyStore store, WatchHub hub, Sink sink, int maxFragmentBytes) {
    this.store = store;
    this.hub = hub;
    this.sink = sink;
    this.maxFragmentBytes = maxFragmentBytes;
  }

  void create(WatchCreateRequest request) {
    KeyRange range =
        KeyRange.of(
            request.getKey().isEmpty() ? KeyRange.ZERO : request.getKey(), request.getRangeEnd());
    String refusal = refusal(request, range);
    if (refusal != null) {
      sink.send(created(NO_WATCH).setCanceled(true).setCancelReason(refusal).build());
      return;
    }
    Watcher watcher = new Watcher(this, chooseId(request.getWatchId()), range, request);
    watchers.put(watcher.id(), watcher);
    hub.add(watcher);
    sink.send(created(watcher.id()).build());
    long start = request.getStartRevision();
    if (start == 0 || start > store.revision()) {
      watcher.synced(Math.max(start, store.revision() + 1));
    } else {
      watcher.behind(start);
      catchUp();
    }
  }

  private @Nullable String refusal(WatchCreateRequest request, KeyRange range) {
    if (request.getStartRevision() < 0) {
      return EtcdErrors.COMPACTED.getDescription();
    }
    if (range.isEmpty()) {
      return "mvcc: watcher range is empty";
    }
    if (request.getWatchId() != 0 && watchers.containsKey(request.getWatchId())) {
      return "mvcc: duplicate watch ID provided on the WatchStream";
    }
    return null;
  }

  private long chooseId(long wanted) {
    if (wanted != 0) {
      return wanted;
    }
    while (watchers.containsKey(nextId)) {
      nextId++;
    }
    return nextId++;
  }

  void cancel(long id) {
    Watcher watcher = watchers.remove(id);
    if (watcher != null) {
      hub.remove(watcher);
      sink.send(response(id, store.revision()).setCanceled(true).build());
    }
  }

  /** Answers only when all watches of the stream are up to date, as etcd does. */
  void progress() {
    if (!watchers.isEmpty() && watchers.values().stream().allMatch(this::isUpToDate)) {
      sink.send(response(NO_WATCH, store.revision()).build());
    }
  }

  void tick() {
    for (Watcher watcher : watchers.values()) {
      if (watcher.wantsProgress() && watcher.testQuiet() && isUpToDate(watcher)) {
        sink.send(response(watcher.id(), store.revision()).build());
      }
    }
  }

  private boolean isUpToDate(Watcher watcher) {
    return watcher.state() == State.SYNCED && watcher.startRevision() <= store.revision();
  }

  /** A change just happened that concerns {@code watcher}. */
  void deliver(Watcher watcher, long revision, List<Event> events) {
    if (watcher.state() != State.SYNCED || watcher.nextRevision() > revision) {
      return;
    }
    if (sink.isReady()) {
      watcher.synced(revision + 1);
      send(watcher, revision, events);
    } else {
      watcher.behind(revision);
    }
  }

  /** The client takes more. */
  void catchUp() {
    boolean more = true;
    while (more && sink.isReady()) {
      more = false;
      for (Watcher watcher : watchers.values()) {
        if (watcher.state() == State.BEHIND) {
          step(watcher);
          more |= watcher.state() == State.BEHIND;
        }
      }
    }
  }

  private void step(Watcher watcher) {
    if (watcher.nextRevision() < store.compacted()) {
      watcher.compacted();
      hub.remove(watcher);
      // etcd puts no revision into this header.
      sink.send(
          response(watcher.id(), 0)
              .setCanceled(true)
              .setCompactRevision(store.compacted())
              .build());
      return;
    }
    List<Event> missed = new ArrayList<>();
    int revisions = 0;
    for (Map.Entry<Long, List<Event>> entry : store.eventsFrom(watcher.nextRevision()).entrySet()) {
      if (revisions == MAX_REVISIONS_AT_ONCE) {
        watcher.behind(entry.getKey());
        send(watcher, store.revision(), missed);
        return;
      }
      int before = missed.size();
      entry.getValue().stream().filter(watcher::matches).forEach(missed::add);
      revisions += missed.size() > before ? 1 : 0;
    }
    watcher.synced(store.revision() + 1);
    if (!missed.isEmpty()) {
      send(watcher, store.revision(), missed);
    }
  }

  private void send(Watcher watcher, long revision, List<Event> events) {
    watcher.heard();
    WatchResponse.Builder response = response(watcher.id(), revision);
    for (Event event : events) {
      response.addEvents(watcher.wantsPrevious() ? withPrevious(event) : event);
    }
    if (watcher.wantsFragments()) {
      Fragments.split(response.build(), maxFragmentBytes).forEach(sink::send);
    } else {
      sink.send(response.build());
    }
  }

  private Event withPrevious(Event event) {
    KeyValue kv = event.getKv();
    if (event.getType() == EventType.PUT && kv.getCreateRevision() == kv.getModRevision()) {
      return event;
    }
    ByteString key = kv.getKey();
    KeyValue previous = store.get(key, kv.getModRevision() - 1);
    return previous == null ? event : event.toBuilder().setPrevKv(previous).build();
  }

  /** The client is gone. */
  void close() {
    watchers.values().forEach(hub::remove);
    watchers.clear();
    hub.remove(this);
  }

  private WatchResponse.Builder created(long id) {
    return response(id, store.revision()).setCreated(true);
  }

  private static WatchResponse.Builder response(long id, long revision) {
    return WatchResponse.newBuilder().setWatchId(id).setHeader(ClusterIdentity.header(revision));
  }
}
