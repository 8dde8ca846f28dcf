package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.Event.EventType;
import io.fairlead.etcd.embedded.api.WatchCreateRequest;
import io.fairlead.etcd.embedded.api.WatchCreateRequest.FilterType;

/**
 * One watch on a stream of them: what it wants and how far it is. Guarded by {@link
 * EtcdStateMachine}.
 */
final class Watcher {
  enum State {
    /** Hears of each change as it happens. */
    SYNCED,
    /** Reads from the store what it missed, when its client takes it. */
    BEHIND,
    /** What it missed is compacted; it hears nothing any more. */
    COMPACTED
  }

  private final WatchStream stream;
  private final long id;
  private final KeyRange range;
  private final WatchCreateRequest request;
  private final boolean puts;
  private final boolean deletes;
  private State state = State.SYNCED;
  private long nextRevision;
  // Heard nothing since the last tick of the progress timer.
  private boolean quiet = true;

  Watcher(WatchStream stream, long id, KeyRange range, WatchCreateRequest request) {
    this.stream = stream;
    this.id = id;
    this.range = range;
    this.request = request;
    this.puts = !request.getFiltersList().contains(FilterType.NOPUT);
    this.deletes = !request.getFiltersList().contains(FilterType.NODELETE);
  }

  WatchStream stream() {
    return stream;
  }

  long id() {
    return id;
  }

  KeyRange range() {
    return range;
  }

  long startRevision() {
    return request.getStartRevision();
  }

  boolean wantsPrevious() {
    return request.getPrevKv();
  }

  boolean wantsFragments() {
    return request.getFragment();
  }

  boolean wantsProgress() {
    return request.getProgressNotify();
  }

  /** Returns whether its filters let the event through. */
  boolean passes(Event event) {
    return event.getType() == EventType.DELETE ? deletes : puts;
  }

  boolean matches(Event event) {
    return range.contains(event.getKv().getKey()) && passes(event);
  }

  State state() {
    return state;
  }

  /** Returns the first revision that it has not heard of. */
  long nextRevision() {
    return nextRevision;
  }

  void synced(long next) {
    state = State.SYNCED;
    nextRevision = next;
  }

  void behind(long next) {
    state = State.BEHIND;
    nextRevision = next;
  }

  void compacted() {
    state = State.COMPACTED;
  }

  void heard() {
    quiet = false;
  }

  /** Returns whether it was quiet since the last time this was asked. */
  boolean testQuiet() {
    boolean was = quiet;
    quiet = true;
    return was;
  }
}
