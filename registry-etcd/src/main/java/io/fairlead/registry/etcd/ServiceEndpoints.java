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
final class ServiceEndpoints {
  private static final Logger LOG = System.getLogger(ServiceEndpoints.class.getName());

  /** What a key says; without an endpoint if it says nothing that we understand. */
  private record Entry(
      String id, long createRevision, long modRevision, long lease, @Nullable Endpoint endpoint) {
    /** Returns whether this can be no earlier write of the same key in the same store. */
    boolean contradicts(KeyRecord later) {
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

  /** By key: those that announced, before the list, that they leave. */
  private final Map<String, Endpoint> announced = new HashMap<>();

  private Map<String, Entry> byKey = new HashMap<>();

  ServiceEndpoints(String service, EndpointCodec codec) {
    this.service = service;
    this.range = codec.range(service);
    this.codec = codec;
  }

  /**
   * Returns whether the list is of another store than what we have, by what it says of keys we
   * know.
   */
  boolean contradicts(RangeSnapshot snapshot) {
    for (KeyRecord record : snapshot.keys()) {
      Entry known = byKey.get(record.key());
      if (known != null && known.contradicts(record)) {
        return true;
      }
    }
    return false;
  }

  Change replaceAll(RangeSnapshot snapshot, boolean replaced) {
    Map<String, Entry> before = byKey;
    // In etcd's order, which is that of the ids: each comes behind those before it.
    Map<String, Entry> after = new LinkedHashMap<>(snapshot.keys().size() * 2);
    for (KeyRecord record : snapshot.keys()) {
      Entry known = before.get(record.key());
      // Another store may use the same revisions for other values.
      boolean same = !replaced && known != null && known.modRevision() == record.modRevision();
      after.put(record.key(), same ? known : read(record));
    }
    byKey = after;
    announced.clear();
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

  /** By id: those that announced that they leave, and left, in changes from before the list. */
  Map<String, Endpoint> announcedDepartures(List<Event> history) {
    Map<String, Endpoint> left = new HashMap<>();
    for (Event event : history) {
      String key = event.getKv().getKey().toStringUtf8();
      if (event.getType() == Event.EventType.DELETE) {
        Endpoint gone = announced.remove(key);
        if (gone != null) {
          left.put(gone.id(), gone);
        }
        continue;
      }
      Endpoint endpoint = read(stored(event.getKv())).endpoint();
      if (endpoint != null && endpoint.draining()) {
        announced.put(key, endpoint);
      } else {
        // Registered again: an earlier announcement does not count.
        announced.remove(key);
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

  static KeyRecord stored(KeyValue kv) {
    return new KeyRecord(
        kv.getKey().toStringUtf8(),
        kv.getValue().toStringUtf8(),
        kv.getCreateRevision(),
        kv.getModRevision(),
        kv.getLease());
  }

  private Entry read(KeyRecord record) {
    String id = EndpointCodec.idOf(range, record.key());
    Endpoint endpoint = null;
    try {
      endpoint = codec.decode(service, id, record.value());
    } catch (MalformedEntryException | IllegalArgumentException e) {
      LOG.log(Level.WARNING, "etcd key {0} is skipped: {1}", record.key(), e.getMessage());
    }
    return new Entry(id, record.createRevision(), record.modRevision(), record.lease(), endpoint);
  }

  boolean matches(RangeDigest digest) {
    long latest = 0;
    for (Entry entry : byKey.values()) {
      latest = Math.max(latest, entry.modRevision());
    }
    return digest.count() == byKey.size() && digest.latestModRevision() == latest;
  }

  /** Ordered by id. */
  List<Endpoint> endpoints() {
    return byId.copy();
  }

  /** Returns whether it is there: under its id, or where it was under another one. */
  boolean contains(Endpoint endpoint) {
    return byId.has(endpoint.id()) || byId.containsAddress(endpoint);
  }

  int size() {
    return byId.size();
  }
}
