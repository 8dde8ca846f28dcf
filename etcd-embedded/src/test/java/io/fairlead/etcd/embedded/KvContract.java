package io.fairlead.etcd.embedded;

import static io.fairlead.etcd.embedded.EtcdClient.one;
import static io.fairlead.etcd.embedded.EtcdClient.prefix;
import static io.fairlead.etcd.embedded.EtcdClient.prefixEnd;
import static io.fairlead.etcd.embedded.EtcdClient.putRequest;
import static io.fairlead.etcd.embedded.EtcdClient.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.CompactionRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeResponse;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.PutResponse;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RangeRequest.SortOrder;
import io.fairlead.etcd.embedded.api.RangeRequest.SortTarget;
import io.fairlead.etcd.embedded.api.RangeResponse;
import io.grpc.Status.Code;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Range, Put, DeleteRange and Compact. */
interface KvContract extends EtcdApiContract {
  @Test
  default void aPutIsReadBackWithItsRevisions() {
    long first = client().put(key("a"), "1");
    long second = client().put(key("a"), "2");

    assertThat(second).isEqualTo(first + 1);
    RangeResponse response = client().kv().range(one(key("a")).build());
    assertThat(response.getHeader().getRevision()).isEqualTo(second);
    assertThat(response.getHeader().getClusterId()).isNotZero();
    assertThat(response.getHeader().getMemberId()).isNotZero();
    assertThat(response.getHeader().getRaftTerm()).isNotZero();
    assertThat(response.getCount()).isEqualTo(1);
    assertThat(response.getKvsList())
        .containsExactly(
            KeyValue.newBuilder()
                .setKey(utf8(key("a")))
                .setValue(utf8("2"))
                .setCreateRevision(first)
                .setModRevision(second)
                .setVersion(2)
                .build());
  }

  @Test
  default void aKeyThatIsCreatedAgainStartsAtVersionOne() {
    client().put(key("a"), "1");
    client().delete(key("a"));
    long again = client().put(key("a"), "2");

    KeyValue value = client().kv().range(one(key("a")).build()).getKvs(0);
    assertThat(value.getVersion()).isEqualTo(1);
    assertThat(value.getCreateRevision()).isEqualTo(again);
  }

  @Test
  default void rangesAreHalfOpenAndOrderedByBytes() {
    for (String name : List.of("b", "a", "ab", "c", "B")) {
      client().put(key(name), name);
    }
    client().put(key(""), "the prefix itself");

    assertThat(values(prefix(key(""))))
        .containsExactly("the prefix itself", "B", "a", "ab", "b", "c");
    assertThat(values(one(key("a")).setRangeEnd(utf8(key("c"))))).containsExactly("a", "ab", "b");
    assertThat(values(one(key("ab")).setRangeEnd(utf8(key("ab"))))).isEmpty();
    assertThat(values(one(key("c")).setRangeEnd(utf8(key("a"))))).isEmpty();
    assertThat(values(one(key("c")).setRangeEnd(KeyRange.ZERO)).get(0)).isEqualTo("c");
  }

  @Test
  default void keysAreBytesWithoutSign() {
    ByteString high = utf8(key("")).concat(ByteString.copyFrom(new byte[] {(byte) 0xff}));
    client().kv().put(PutRequest.newBuilder().setKey(high).setValue(utf8("high")).build());
    client().put(key("a"), "low");

    ByteString end = utf8(key("")).concat(ByteString.copyFrom(new byte[] {(byte) 0xff, 0}));
    assertThat(values(one(key("")).setRangeEnd(end))).containsExactly("low", "high");
  }

  @Test
  default void limitKeysOnlyAndCountOnly() {
    for (String name : List.of("a", "b", "c")) {
      client().put(key(name), name);
    }

    RangeResponse limited = client().kv().range(prefix(key("")).setLimit(2).build());
    assertThat(limited.getKvsCount()).isEqualTo(2);
    assertThat(limited.getMore()).isTrue();
    assertThat(limited.getCount()).isEqualTo(3);
    RangeResponse whole = client().kv().range(prefix(key("")).setLimit(3).build());
    assertThat(whole.getMore()).isFalse();
    RangeResponse keys = client().kv().range(prefix(key("")).setKeysOnly(true).build());
    assertThat(keys.getKvsList()).allMatch(kv -> kv.getValue().isEmpty()).hasSize(3);
    RangeResponse count =
        client().kv().range(prefix(key("")).setCountOnly(true).setLimit(1).build());
    assertThat(count.getKvsList()).isEmpty();
    assertThat(count.getCount()).isEqualTo(3);
    assertThat(count.getMore()).isFalse();
  }

  @Test
  default void sortsByEachTarget() {
    client().put(key("a"), "2");
    client().put(key("b"), "3");
    client().put(key("c"), "1");
    client().put(key("a"), "2");

    assertThat(sorted(SortTarget.KEY, SortOrder.DESCEND)).containsExactly("1", "3", "2");
    assertThat(sorted(SortTarget.VALUE, SortOrder.ASCEND)).containsExactly("1", "2", "3");
    assertThat(sorted(SortTarget.VALUE, SortOrder.NONE)).containsExactly("1", "2", "3");
    assertThat(sorted(SortTarget.MOD, SortOrder.ASCEND)).containsExactly("3", "1", "2");
    assertThat(sorted(SortTarget.CREATE, SortOrder.DESCEND)).containsExactly("1", "3", "2");
    assertThat(sorted(SortTarget.VERSION, SortOrder.DESCEND)).startsWith("2");
  }

  @Test
  default void revisionBoundsFilterButDoNotCount() {
    long a = client().put(key("a"), "a");
    long b = client().put(key("b"), "b");
    long a2 = client().put(key("a"), "a2");

    assertThat(values(prefix(key("")).setMinModRevision(a2))).containsExactly("a2");
    assertThat(values(prefix(key("")).setMaxModRevision(b))).containsExactly("b");
    assertThat(values(prefix(key("")).setMinCreateRevision(b))).containsExactly("b");
    assertThat(values(prefix(key("")).setMaxCreateRevision(a))).containsExactly("a2");
    RangeResponse response = client().kv().range(prefix(key("")).setMaxCreateRevision(a).build());
    assertThat(response.getCount()).isEqualTo(2);
  }

  @Test
  default void theLimitCutsAfterSorting() {
    client().put(key("a"), "2");
    client().put(key("b"), "1");

    RangeRequest.Builder request =
        prefix(key("")).setLimit(1).setSortTarget(SortTarget.VALUE).setSortOrder(SortOrder.ASCEND);
    assertThat(values(request)).containsExactly("1");
    assertThat(client().kv().range(request.build()).getMore()).isTrue();
  }

  @Test
  default void thePastCanBeRead() {
    long first = client().put(key("a"), "1");
    long second = client().put(key("a"), "2");
    long third = client().delete(key("a"));
    long fourth = client().put(key("b"), "b");

    assertThat(values(prefix(key("")).setRevision(first))).containsExactly("1");
    assertThat(values(prefix(key("")).setRevision(second))).containsExactly("2");
    assertThat(values(prefix(key("")).setRevision(third))).isEmpty();
    assertThat(values(prefix(key("")).setRevision(fourth))).containsExactly("b");
    RangeResponse past = client().kv().range(prefix(key("")).setRevision(first).build());
    assertThat(past.getHeader().getRevision()).isEqualTo(fourth);
  }

  @Test
  default void theFutureCannotBeRead() {
    long now = client().put(key("a"), "1");

    assertRefused(
        () -> client().kv().range(one(key("a")).setRevision(now + 1).build()),
        Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision");
  }

  @Test
  default void compactionForgetsThePastButNotThePresent() {
    long first = client().put(key("a"), "1");
    client().put(key("b"), "b");
    long second = client().put(key("a"), "2");
    compact(second);

    assertRefused(
        () -> client().kv().range(one(key("a")).setRevision(first).build()),
        Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision has been compacted");
    assertThat(values(prefix(key("")).setRevision(second))).containsExactly("2", "b");
    assertThat(values(prefix(key("")))).containsExactly("2", "b");
  }

  @Test
  default void compactionGoesForwardAndNotBeyondThePresent() {
    long now = client().put(key("a"), "1");
    compact(now);

    assertRefused(
        () -> compact(now),
        Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision has been compacted");
    assertRefused(
        () -> compact(now + 1),
        Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision");
  }

  @Test
  default void putAnswersWithWhatWasThere() {
    PutRequest request = putRequest(key("a"), "1").toBuilder().setPrevKv(true).build();

    assertThat(client().kv().put(request).hasPrevKv()).isFalse();
    PutResponse second = client().kv().put(request);
    assertThat(second.getPrevKv().getValue()).isEqualTo(utf8("1"));
    assertThat(second.getPrevKv().getVersion()).isEqualTo(1);
  }

  @Test
  default void putMayKeepValueOrLease() {
    long lease = client().grant(100);
    client().put(key("a"), "1", lease);

    client().kv().put(PutRequest.newBuilder().setKey(utf8(key("a"))).setIgnoreValue(true).build());
    KeyValue kept = client().kv().range(one(key("a")).build()).getKvs(0);
    assertThat(kept.getValue()).isEqualTo(utf8("1"));
    assertThat(kept.getLease()).isZero();

    client().put(key("a"), "1", lease);
    client().kv().put(putRequest(key("a"), "2").toBuilder().setIgnoreLease(true).build());
    kept = client().kv().range(one(key("a")).build()).getKvs(0);
    assertThat(kept.getValue()).isEqualTo(utf8("2"));
    assertThat(kept.getLease()).isEqualTo(lease);
  }

  @Test
  default void putsThatContradictThemselvesAreRefused() {
    PutRequest put = putRequest(key("a"), "1");

    assertRefused(
        () -> client().kv().put(put.toBuilder().clearKey().build()),
        Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided");
    assertRefused(
        () -> client().kv().put(put.toBuilder().setIgnoreValue(true).build()),
        Code.INVALID_ARGUMENT,
        "etcdserver: value is provided");
    assertRefused(
        () -> client().kv().put(put.toBuilder().setIgnoreLease(true).setLease(1).build()),
        Code.INVALID_ARGUMENT,
        "etcdserver: lease is provided");
    assertRefused(
        () -> client().kv().put(put.toBuilder().clearValue().setIgnoreValue(true).build()),
        Code.INVALID_ARGUMENT,
        "etcdserver: key not found");
    assertRefused(
        () -> client().kv().put(put.toBuilder().setLease(4711).build()),
        Code.NOT_FOUND,
        "etcdserver: requested lease not found");
    assertRefused(
        () ->
            client()
                .kv()
                .put(put.toBuilder().setValue(ByteString.copyFrom(new byte[1600 * 1024])).build()),
        Code.INVALID_ARGUMENT,
        "etcdserver: request is too large");
  }

  @Test
  default void deleteRangeCountsAndReturnsWhatWasThere() {
    client().put(key("a"), "a");
    long before = client().put(key("b"), "b");
    DeleteRangeRequest request =
        DeleteRangeRequest.newBuilder()
            .setKey(utf8(key("")))
            .setRangeEnd(prefixEnd(key("")))
            .setPrevKv(true)
            .build();

    DeleteRangeResponse deleted = client().kv().deleteRange(request);
    assertThat(deleted.getDeleted()).isEqualTo(2);
    assertThat(deleted.getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(deleted.getPrevKvsList())
        .extracting(kv -> kv.getValue().toStringUtf8(), KeyValue::getVersion)
        .containsExactly(tuple("a", 1L), tuple("b", 1L));
    DeleteRangeResponse nothing = client().kv().deleteRange(request);
    assertThat(nothing.getDeleted()).isZero();
    assertThat(nothing.getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(nothing.getPrevKvsList()).isEmpty();
    assertRefused(
        () -> client().kv().deleteRange(DeleteRangeRequest.getDefaultInstance()),
        Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided");
  }

  @Test
  default void aRangeNeedsAKey() {
    assertRefused(
        () -> client().kv().range(RangeRequest.getDefaultInstance()),
        Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided");
  }

  private void compact(long revision) {
    var unused =
        client().kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
  }

  private List<String> sorted(SortTarget target, SortOrder order) {
    return values(prefix(key("")).setSortTarget(target).setSortOrder(order));
  }

  private List<String> values(RangeRequest.Builder request) {
    return client().kv().range(request.build()).getKvsList().stream()
        .map(kv -> kv.getValue().toStringUtf8())
        .toList();
  }
}
