package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.KeyValue;
import java.util.ArrayList;
import java.util.List;

/**
 * One change of the store, of any number of keys: all of them get the same revision. There is no
 * way back, so everything is checked before the first write.
 */
final class WriteTxn {
  private final KeyStore store;
  private final Leases leases;
  private final List<Event> events = new ArrayList<>(1);

  WriteTxn(KeyStore store, Leases leases) {
    this.store = store;
    this.leases = leases;
  }

  /** Returns the revision that a reader inside this transaction is at. */
  long revision() {
    return events.isEmpty() ? store.revision() : store.revision() + 1;
  }

  void put(ByteString key, ByteString value, long lease) {
    long revision = store.revision() + 1;
    KeyValue previous = store.get(key);
    KeyValue next =
        KeyValue.newBuilder()
            .setKey(key)
            .setValue(value)
            .setLease(lease)
            .setCreateRevision(previous == null ? revision : previous.getCreateRevision())
            .setModRevision(revision)
            .setVersion(previous == null ? 1 : previous.getVersion() + 1)
            .build();
    store.write(key, revision, next);
    leases.move(key, previous == null ? 0 : previous.getLease(), lease);
    events.add(Event.newBuilder().setType(Event.EventType.PUT).setKv(next).build());
  }

  /** Returns what was deleted. */
  List<KeyValue> delete(KeyRange range) {
    List<KeyValue> deleted = List.copyOf(store.list(range));
    long revision = store.revision() + 1;
    for (KeyValue previous : deleted) {
      store.write(previous.getKey(), revision, null);
      leases.move(previous.getKey(), previous.getLease(), 0);
      KeyValue grave =
          KeyValue.newBuilder().setKey(previous.getKey()).setModRevision(revision).build();
      events.add(Event.newBuilder().setType(Event.EventType.DELETE).setKv(grave).build());
    }
    return deleted;
  }

  /** Ends it; returns what happened, nothing if it only read. */
  List<Event> commit() {
    if (!events.isEmpty()) {
      store.advance(events);
    }
    return events;
  }
}
