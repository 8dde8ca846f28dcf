package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.fairlead.discovery.Endpoint;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a service as etcd has them, folded from a list and the changes after it. An
 * entry is decoded once for each time it is written.
 */
final class View {
  private static final Logger LOG = System.getLogger(View.class.getName());

  /** What a key says; without an endpoint if it says nothing that we understand. */
  private record Entry(
      String id, long createRevision, long modRevision, long lease, @Nullable Endpoint endpoint) {
    /** Whether this can be no earlier write of the same key in the same store. */
    boolean contradicts(StoredKey later) {
      return later.modRevision() < modRevision
          || later.createRevision() < createRevision
          || (later.modRevision() == modRevision && later.lease() != lease);
    }
  }

  /** What a change did: whether anything is other than before, and who went without being there. */
  record Change(boolean any, List<Endpoint> departed) {}

  private final String service;
  private final KeyRange range;
  private final EndpointCodec codec;
  private final OrderedEndpoints byId = new OrderedEndpoints();

  /** By key: those that said, before the list, that they leave. */
  private final Map<String, Endpoint> leaving = new HashMap<>();

  private Map<String, Entry> byKey = new HashMap<>();

  View(String service, EndpointCodec codec) {
    this.service = service;
    this.range = codec.range(service);
    this.codec = codec;
  }

  /** Whether the list is of another store than what we have, by what it says of keys we know. */
  boolean contradicts(Listing listing) {
    for (StoredKey key : listing.keys()) {
      Entry known = byKey.get(key.key());
      if (known != null && known.contradicts(key)) {
        return true;
      }
    }
    return false;
  }

  Change list(Listing listing, boolean replaced) {
    Map<String, Entry> before = byKey;
    // In etcd's order, which is that of the ids: each comes behind those before it.
    Map<String, Entry> after = new LinkedHashMap<>(listing.keys().size() * 2);
    for (StoredKey key : listing.keys()) {
      Entry known = before.get(key.key());
      // Another store may use the same revisions for other values.
      boolean same = !replaced && known != null && known.modRevision() == key.modRevision();
      after.put(key.key(), same ? known : read(key));
    }
    byKey = after;
    leaving.clear();
    boolean any = false;
    List<Endpoint> departed = new ArrayList<>();
    for (Map.Entry<String, Entry> entry : before.entrySet()) {
      Endpoint gone = entry.getValue().endpoint();
      if (gone != null && !after.containsKey(entry.getKey())) {
        byId.remove(entry.getValue().id());
        departed.add(gone);
        any = true;
      }
    }
    for (Entry entry : after.values()) {
      any |= set(entry);
    }
    return new Change(any, departed);
  }

  Change apply(List<Event> events) {
    boolean any = false;
    List<Endpoint> departed = new ArrayList<>();
    for (Event event : events) {
      KeyValue kv = event.getKv();
      String key = kv.getKey().toStringUtf8();
      if (event.getType() == Event.EventType.DELETE) {
        Entry gone = byKey.remove(key);
        if (gone != null && gone.endpoint() != null) {
          byId.remove(gone.id());
          departed.add(gone.endpoint());
          any = true;
        }
      } else {
        Entry entry = read(stored(kv));
        byKey.put(key, entry);
        any |= set(entry);
      }
    }
    return new Change(any, departed);
  }

  /** By id: those that said that they leave, and left, in changes from before the list. */
  Map<String, Endpoint> goodByes(List<Event> history) {
    Map<String, Endpoint> left = new HashMap<>();
    for (Event event : history) {
      String key = event.getKv().getKey().toStringUtf8();
      if (event.getType() == Event.EventType.DELETE) {
        Endpoint gone = leaving.remove(key);
        if (gone != null) {
          left.put(gone.id(), gone);
        }
        continue;
      }
      Endpoint endpoint = read(stored(event.getKv())).endpoint();
      if (endpoint != null && endpoint.draining()) {
        leaving.put(key, endpoint);
      } else {
        // Back again: whatever it said before is no reason to miss it now.
        leaving.remove(key);
        left.remove(EndpointCodec.idOf(range, key));
      }
    }
    return left;
  }

  private boolean set(Entry entry) {
    Endpoint now = entry.endpoint();
    Endpoint before = now == null ? byId.remove(entry.id()) : byId.put(now);
    return !Objects.equals(before, now);
  }

  private static StoredKey stored(KeyValue kv) {
    return new StoredKey(
        kv.getKey().toStringUtf8(),
        kv.getValue().toStringUtf8(),
        kv.getCreateRevision(),
        kv.getModRevision(),
        kv.getLease());
  }

  private Entry read(StoredKey key) {
    String id = EndpointCodec.idOf(range, key.key());
    Endpoint endpoint = null;
    try {
      endpoint = codec.decode(service, id, key.value());
    } catch (MalformedEntryException | IllegalArgumentException e) {
      LOG.log(Level.WARNING, "etcd key {0} is skipped: {1}", key.key(), e.getMessage());
    }
    return new Entry(id, key.createRevision(), key.modRevision(), key.lease(), endpoint);
  }

  boolean agrees(Audit audit) {
    long latest = 0;
    for (Entry entry : byKey.values()) {
      latest = Math.max(latest, entry.modRevision());
    }
    return audit.count() == byKey.size() && audit.latestModRevision() == latest;
  }

  /** Ordered by id. */
  List<Endpoint> endpoints() {
    return byId.copy();
  }

  /** Whether it is there: under its id, or where it was under another one. */
  boolean has(Endpoint endpoint) {
    return byId.has(endpoint.id()) || byId.hasOneAt(endpoint);
  }

  int size() {
    return byId.size();
  }
}
