package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All watches of the server: carries each change to those it concerns. Guarded by {@link
 * EtcdStateMachine}.
 */
final class WatchHub {
  private final Set<WatchStream> streams = new LinkedHashSet<>();
  private final Map<ByteString, Set<Watcher>> byKey = new HashMap<>();
  private final Set<Watcher> byRange = new LinkedHashSet<>();

  void add(WatchStream stream) {
    streams.add(stream);
  }

  void remove(WatchStream stream) {
    streams.remove(stream);
  }

  void add(Watcher watcher) {
    if (watcher.range().single()) {
      byKey.computeIfAbsent(watcher.range().first(), key -> new LinkedHashSet<>()).add(watcher);
    } else {
      byRange.add(watcher);
    }
  }

  void remove(Watcher watcher) {
    byRange.remove(watcher);
    ByteString key = watcher.range().first();
    Set<Watcher> sharers = byKey.get(key);
    if (sharers != null && sharers.remove(watcher) && sharers.isEmpty()) {
      byKey.remove(key);
    }
  }

  /** All events of one revision; a watch gets those that concern it in one response. */
  void publish(long revision, List<Event> events) {
    Map<Watcher, List<Event>> concerned = new LinkedHashMap<>();
    for (Event event : events) {
      for (Watcher watcher : byKey.getOrDefault(event.getKv().getKey(), Set.of())) {
        note(concerned, watcher, event);
      }
      for (Watcher watcher : byRange) {
        if (watcher.range().contains(event.getKv().getKey())) {
          note(concerned, watcher, event);
        }
      }
    }
    concerned.forEach((watcher, found) -> watcher.stream().deliver(watcher, revision, found));
  }

  private static void note(Map<Watcher, List<Event>> concerned, Watcher watcher, Event event) {
    if (watcher.passes(event)) {
      concerned.computeIfAbsent(watcher, unused -> new ArrayList<>(1)).add(event);
    }
  }

  /** Tells quiet watches that asked for it how far the store is. */
  void tick() {
    streams.forEach(WatchStream::tick);
  }

  int watchers() {
    return byRange.size() + byKey.values().stream().mapToInt(Set::size).sum();
  }
}
