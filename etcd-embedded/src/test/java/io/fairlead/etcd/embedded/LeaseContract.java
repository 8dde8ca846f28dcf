package io.fairlead.etcd.embedded;

import static io.fairlead.etcd.embedded.EtcdClient.one;
import static io.fairlead.etcd.embedded.EtcdClient.prefixEnd;
import static io.fairlead.etcd.embedded.EtcdClient.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.Event.EventType;
import io.fairlead.etcd.embedded.api.LeaseGrantRequest;
import io.fairlead.etcd.embedded.api.LeaseGrantResponse;
import io.fairlead.etcd.embedded.api.LeaseLeasesRequest;
import io.fairlead.etcd.embedded.api.LeaseRevokeRequest;
import io.fairlead.etcd.embedded.api.LeaseStatus;
import io.fairlead.etcd.embedded.api.LeaseTimeToLiveRequest;
import io.fairlead.etcd.embedded.api.LeaseTimeToLiveResponse;
import io.fairlead.etcd.embedded.api.WatchCreateRequest;
import io.fairlead.etcd.embedded.api.WatchResponse;
import io.grpc.Status;
import io.grpc.Status.Code;
import org.junit.jupiter.api.Test;

/** Leases. */
interface LeaseContract extends EtcdApiContract {
  @Test
  default void aGrantHasAnIdAndATimeToLive() {
    LeaseGrantResponse granted = grant(0, 100);

    assertThat(granted.getID()).isPositive();
    assertThat(granted.getTTL()).isEqualTo(100);
    assertThat(granted.getError()).isEmpty();
    LeaseTimeToLiveResponse left = timeToLive(granted.getID());
    assertThat(left.getGrantedTTL()).isEqualTo(100);
    assertThat(left.getTTL()).isBetween(60L, 100L);
    assertThat(left.getID()).isEqualTo(granted.getID());
  }

  @Test
  default void shortLeasesAreMadeTwoSeconds() {
    assertThat(grant(0, 1).getTTL()).isEqualTo(2);
  }

  @Test
  default void aLeaseIdIsGrantedOnce() {
    long id = grant(0, 100).getID();

    assertRefused(
        () -> grant(id, 100), Code.FAILED_PRECONDITION, "etcdserver: lease already exists");
    assertRefused(
        () -> grant(0, 9_000_000_001L), Code.OUT_OF_RANGE, "etcdserver: too large lease TTL");
  }

  @Test
  default void revokingDeletesTheKeysInOneRevision() {
    long lease = client().grant(100);
    client().put(key("b"), "b", lease);
    long now = client().put(key("a"), "a", lease);
    try (WatchProbe watch = client().watch()) {
      watch.create(
          WatchCreateRequest.newBuilder().setKey(utf8(key(""))).setRangeEnd(prefixEnd(key(""))));
      revoke(lease);

      WatchResponse response = watch.next();
      assertThat(response.getHeader().getRevision()).isEqualTo(now + 1);
      assertThat(response.getEventsList())
          .allMatch(event -> event.getType() == EventType.DELETE)
          .extracting(event -> event.getKv().getKey().toStringUtf8())
          .containsExactly(key("a"), key("b"));
    }
    assertThat(timeToLive(lease).getTTL()).isEqualTo(-1);
    assertThat(timeToLive(lease).getGrantedTTL()).isZero();
    assertRefused(() -> revoke(lease), Code.NOT_FOUND, "etcdserver: requested lease not found");
  }

  @Test
  default void anEndedLeaseTakesItsKeysAlong() {
    long lease = client().grant(2);
    try (WatchProbe watch = client().watch()) {
      watch.create(
          WatchCreateRequest.newBuilder().setKey(utf8(key(""))).setRangeEnd(prefixEnd(key(""))));
      client().put(key("a"), "a", lease);

      assertThat(watch.events(1)).hasSize(1);
      Event ended = watch.next().getEvents(0);
      assertThat(ended.getType()).isEqualTo(EventType.DELETE);
    }
    try (KeepAliveProbe keepAlive = new KeepAliveProbe(client().channel())) {
      assertThat(keepAlive.ask(lease).getTTL()).isZero();
    }
  }

  @Test
  default void keepAliveTellsTheWholeTimeAndZeroForALeaseThatIsGone() {
    long lease = client().grant(100);
    try (KeepAliveProbe keepAlive = new KeepAliveProbe(client().channel())) {
      assertThat(keepAlive.ask(lease).getTTL()).isEqualTo(100);
      assertThat(keepAlive.ask(lease).getID()).isEqualTo(lease);
      assertThat(keepAlive.ask(4711).getTTL()).isZero();
      assertThat(keepAlive.ask(4711).getID()).isEqualTo(4711);
      assertThat(keepAlive.halfClose()).isEqualTo(Status.OK);
    }
  }

  @Test
  default void aKeyHangsOnItsLastLease() {
    long old = client().grant(100);
    long lease = client().grant(100);
    client().put(key("a"), "1", old);
    client().put(key("a"), "2", lease);
    client().put(key("b"), "1", lease);
    client().put(key("b"), "2");
    client().put(key("c"), "1", lease);
    client().delete(key("c"));

    assertThat(timeToLive(old).getKeysList()).isEmpty();
    assertThat(timeToLive(lease).getKeysList()).containsExactly(utf8(key("a")));
    revoke(old);
    assertThat(client().kv().range(one(key("a")).build()).getCount()).isEqualTo(1);
    long before = client().put(key("d"), "d");
    revoke(lease);
    assertThat(client().kv().range(one(key("a")).build()).getCount()).isZero();
    assertThat(client().kv().range(one(key("b")).build()).getCount()).isEqualTo(1);
    assertThat(client().put(key("d"), "d")).isEqualTo(before + 2);
  }

  @Test
  default void aLeaseWithoutKeysEndsWithoutARevision() {
    long lease = client().grant(100);
    long before = client().put(key("a"), "a");
    revoke(lease);

    assertThat(client().put(key("a"), "a")).isEqualTo(before + 1);
  }

  @Test
  default void leasesAreListed() {
    long lease = client().grant(100);

    assertThat(
            client().lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList())
        .contains(LeaseStatus.newBuilder().setID(lease).build());
  }

  private LeaseGrantResponse grant(long id, long ttl) {
    return client()
        .lease()
        .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build());
  }

  private void revoke(long id) {
    var unused = client().lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
  }

  private LeaseTimeToLiveResponse timeToLive(long id) {
    return client()
        .lease()
        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build());
  }
}
