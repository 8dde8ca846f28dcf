package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.KeyValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values with their revisions, as etcd keeps them, in memory. Changed only through {@link
 * WriteTxn}. Not safe for several threads: {@link EtcdStateMachine} guards it.
 */
final class KeyStore {
  private final NavigableMap<ByteString, KeyValue> live = new TreeMap<>(KeyRange.ORDER);
  private final NavigableMap<ByteString, KeyHistory> histories = new TreeMap<>(KeyRange.ORDER);
  private final NavigableMap<Long, List<Event>> events = new TreeMap<>();
  // An empty etcd is at revision 1, and nothing was compacted yet, not even revision 0.
  private long revision = 1;
  private long compacted = -1;

  /** Returns the revision of the last change. */
  long revision() {
    return revision;
  }

  /** Returns the oldest revision that can still be read. */
  long compacted() {
    return compacted;
  }

  int size() {
    return live.size();
  }

  @Nullable KeyValue get(ByteString key) {
    return live.get(key);
  }

  /** Returns what {@code key} held at {@code atRevision}; null if absent then, or compacted. */
  @Nullable KeyValue get(ByteString key, long atRevision) {
    if (atRevision < compacted) {
      return null;
    }
    KeyHistory history = histories.get(key);
    return history == null ? null : history.at(atRevision);
  }

  /** Returns the range as it is now, in order of keys, with what the open transaction wrote. */
  Collection<KeyValue> list(KeyRange range) {
    if (range.single()) {
      KeyValue value = live.get(range.first());
      return value == null ? List.of() : List.of(value);
    }
    return range.in(live).values();
  }

  /** Returns the range as it was at a revision that is neither compacted nor to come. */
  Collection<KeyValue> list(KeyRange range, long atRevision) {
    List<KeyValue> found = new ArrayList<>();
    for (KeyHistory history : range.in(histories).values()) {
      KeyValue value = history.at(atRevision);
      if (value != null) {
        found.add(value);
      }
    }
    return found;
  }

  /** Returns the events of each revision from {@code fromRevision} on. */
  NavigableMap<Long, List<Event>> eventsFrom(long fromRevision) {
    return events.tailMap(fromRevision, true);
  }

  void compact(long toRevision) {
    if (toRevision <= compacted) {
      throw EtcdErrors.COMPACTED.asRuntimeException();
    }
    if (toRevision > revision) {
      throw EtcdErrors.FUTURE_REVISION.asRuntimeException();
    }
    compacted = toRevision;
    // The events of the revision itself stay: a watch may still start there.
    events.headMap(toRevision, false).clear();
    histories.values().removeIf(history -> forget(history, toRevision));
  }

  private static boolean forget(KeyHistory history, long toRevision) {
    history.compact(toRevision);
    return history.isEmpty();
  }

  /** Called by {@link WriteTxn} alone. */
  void write(ByteString key, long atRevision, @Nullable KeyValue value) {
    if (value == null) {
      live.remove(key);
    } else {
      live.put(key, value);
    }
    histories.computeIfAbsent(key, unused -> new KeyHistory()).add(atRevision, value);
  }

  /** Called by {@link WriteTxn} alone. */
  void advance(List<Event> happened) {
    revision++;
    events.put(revision, List.copyOf(happened));
  }
}
