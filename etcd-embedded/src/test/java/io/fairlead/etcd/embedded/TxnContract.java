package io.fairlead.etcd.embedded;

import static io.fairlead.etcd.embedded.EtcdClient.compare;
import static io.fairlead.etcd.embedded.EtcdClient.one;
import static io.fairlead.etcd.embedded.EtcdClient.op;
import static io.fairlead.etcd.embedded.EtcdClient.prefix;
import static io.fairlead.etcd.embedded.EtcdClient.prefixEnd;
import static io.fairlead.etcd.embedded.EtcdClient.putRequest;
import static io.fairlead.etcd.embedded.EtcdClient.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.etcd.embedded.api.Compare;
import io.fairlead.etcd.embedded.api.Compare.CompareResult;
import io.fairlead.etcd.embedded.api.Compare.CompareTarget;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.RequestOp;
import io.fairlead.etcd.embedded.api.ResponseOp;
import io.fairlead.etcd.embedded.api.TxnRequest;
import io.fairlead.etcd.embedded.api.TxnResponse;
import io.grpc.Status.Code;
import org.junit.jupiter.api.Test;

/** Transactions. */
interface TxnContract extends EtcdApiContract {
  @Test
  default void anEmptyCompareHolds() {
    long before = client().put(key("z"), "z");
    TxnResponse response =
        txn(
            TxnRequest.newBuilder()
                .addSuccess(op(putRequest(key("a"), "1")))
                .addSuccess(op(putRequest(key("b"), "2"))));

    assertThat(response.getSucceeded()).isTrue();
    assertThat(response.getResponsesCount()).isEqualTo(2);
    assertThat(response.getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(client().kv().range(prefix(key("")).build()).getKvsList())
        .filteredOn(kv -> kv.getModRevision() == before + 1)
        .hasSize(2);
  }

  @Test
  default void anEmptyTransactionChangesNothing() {
    long before = client().put(key("a"), "1");
    TxnResponse response = txn(TxnRequest.newBuilder());

    assertThat(response.getSucceeded()).isTrue();
    assertThat(response.getResponsesList()).isEmpty();
    assertThat(response.getHeader().getRevision()).isEqualTo(before);
  }

  @Test
  default void comparesLookAtEachTarget() {
    long lease = client().grant(100);
    long created = client().put(key("a"), "1", lease);
    long modified = client().put(key("a"), "2", lease);

    Compare.Builder equal = compare(key("a"), CompareResult.EQUAL);
    assertHolds(equal.clone().setTarget(CompareTarget.CREATE).setCreateRevision(created));
    assertHolds(equal.clone().setTarget(CompareTarget.MOD).setModRevision(modified));
    assertHolds(equal.clone().setTarget(CompareTarget.VERSION).setVersion(2));
    assertHolds(equal.clone().setTarget(CompareTarget.VALUE).setValue(utf8("2")));
    assertHolds(equal.clone().setTarget(CompareTarget.LEASE).setLease(lease));
    assertFails(equal.clone().setTarget(CompareTarget.MOD).setModRevision(created));
    assertHolds(
        compare(key("a"), CompareResult.GREATER).setTarget(CompareTarget.VERSION).setVersion(1));
    assertFails(
        compare(key("a"), CompareResult.LESS).setTarget(CompareTarget.VERSION).setVersion(2));
    assertHolds(
        compare(key("a"), CompareResult.NOT_EQUAL)
            .setTarget(CompareTarget.VALUE)
            .setValue(utf8("1")));
  }

  @Test
  default void anAbsentKeyHasZerosButNoValue() {
    assertHolds(compare(key("a"), CompareResult.EQUAL).setTarget(CompareTarget.CREATE));
    assertHolds(compare(key("a"), CompareResult.EQUAL).setTarget(CompareTarget.VERSION));
    assertFails(compare(key("a"), CompareResult.EQUAL).setTarget(CompareTarget.VALUE));
    assertFails(
        compare(key("a"), CompareResult.NOT_EQUAL)
            .setTarget(CompareTarget.VALUE)
            .setValue(utf8("1")));
  }

  @Test
  default void aCompareOfARangeMustHoldForEveryKey() {
    client().put(key("a"), "1");
    client().put(key("b"), "1");
    client().put(key("b"), "1");
    Compare.Builder range =
        compare(key(""), CompareResult.EQUAL)
            .setRangeEnd(prefixEnd(key("")))
            .setTarget(CompareTarget.VERSION);

    assertFails(range.clone().setVersion(1));
    assertHolds(range.clone().setResult(CompareResult.GREATER).setVersion(0));
    assertHolds(range.clone().setTarget(CompareTarget.VALUE).setValue(utf8("1")));
  }

  @Test
  default void theFailureBranchRunsWhenOneCompareFails() {
    TxnResponse response =
        txn(
            TxnRequest.newBuilder()
                .addCompare(compare(key("a"), CompareResult.EQUAL))
                .addCompare(compare(key("a"), CompareResult.GREATER))
                .addSuccess(op(putRequest(key("a"), "success")))
                .addFailure(op(putRequest(key("a"), "failure")))
                .addFailure(op(one(key("a")))));

    assertThat(response.getSucceeded()).isFalse();
    assertThat(response.getResponses(1).getResponseRange().getKvs(0).getValue())
        .isEqualTo(utf8("failure"));
  }

  @Test
  default void readsInsideSeeWritesBeforeThem() {
    long before = client().put(key("a"), "1");
    TxnResponse response =
        txn(
            TxnRequest.newBuilder()
                .addSuccess(op(one(key("a"))))
                .addSuccess(op(putRequest(key("b"), "2").toBuilder().setPrevKv(true).build()))
                .addSuccess(op(prefix(key(""))))
                .addSuccess(op(one(key("a")).setRevision(before)))
                .addSuccess(
                    op(DeleteRangeRequest.newBuilder().setKey(utf8(key("a"))).setPrevKv(true)))
                .addSuccess(op(prefix(key("")))));

    assertThat(response.getResponses(0).getResponseRange().getHeader().getRevision())
        .isEqualTo(before);
    assertThat(response.getResponses(1).getResponsePut().getHeader().getRevision())
        .isEqualTo(before + 1);
    assertThat(response.getResponses(2).getResponseRange().getKvsList()).hasSize(2);
    assertThat(response.getResponses(3).getResponseRange().getKvsList()).hasSize(1);
    assertThat(response.getResponses(4).getResponseDeleteRange().getPrevKvs(0).getValue())
        .isEqualTo(utf8("1"));
    assertThat(response.getResponses(5).getResponseRange().getKvsList())
        .extracting(KeyValue::getModRevision)
        .containsExactly(before + 1);
    assertThat(response.getHeader().getRevision()).isEqualTo(before + 1);
  }

  @Test
  default void nestedComparesSeeTheStateBeforeTheTransaction() {
    TxnRequest.Builder inner =
        TxnRequest.newBuilder()
            .addCompare(compare(key("a"), CompareResult.GREATER).setTarget(CompareTarget.VERSION))
            .addSuccess(op(putRequest(key("b"), "saw a")))
            .addFailure(op(putRequest(key("b"), "saw no a")));
    TxnResponse response =
        txn(
            TxnRequest.newBuilder()
                .addSuccess(op(putRequest(key("a"), "1")))
                .addSuccess(RequestOp.newBuilder().setRequestTxn(inner)));

    ResponseOp nested = response.getResponses(1);
    assertThat(nested.getResponseTxn().getSucceeded()).isFalse();
    assertThat(nested.getResponseTxn().hasHeader()).isTrue();
    assertThat(client().kv().range(one(key("b")).build()).getKvs(0).getValue())
        .isEqualTo(utf8("saw no a"));
  }

  @Test
  default void nothingHappensWhenOnePartIsRefused() {
    long before = client().put(key("a"), "1");
    TxnRequest.Builder put = TxnRequest.newBuilder().addSuccess(op(putRequest(key("a"), "2")));

    assertTxnRefused(
        put.clone().addSuccess(op(putRequest(key("b"), "b").toBuilder().setLease(4711).build())),
        Code.NOT_FOUND,
        "etcdserver: requested lease not found");
    assertTxnRefused(
        put.clone()
            .addSuccess(op(putRequest(key("b"), "").toBuilder().setIgnoreValue(true).build())),
        Code.INVALID_ARGUMENT,
        "etcdserver: key not found");
    assertTxnRefused(
        put.clone().addSuccess(op(one(key("a")).setRevision(before + 1))),
        Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision");
    assertThat(client().kv().range(one(key("a")).build()).getKvs(0).getValue())
        .isEqualTo(utf8("1"));
  }

  @Test
  default void transactionsThatMakeNoSenseAreRefused() {
    TxnRequest.Builder twice = TxnRequest.newBuilder();
    twice.addSuccess(op(putRequest(key("a"), "1"))).addSuccess(op(putRequest(key("a"), "2")));
    assertTxnRefused(
        twice, Code.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request");
    assertTxnRefused(
        TxnRequest.newBuilder()
            .addFailure(op(putRequest(key("a"), "1")))
            .addFailure(
                op(
                    DeleteRangeRequest.newBuilder()
                        .setKey(utf8(key("")))
                        .setRangeEnd(prefixEnd(key(""))))),
        Code.INVALID_ARGUMENT,
        "etcdserver: duplicate key given in txn request");
    assertTxnRefused(
        TxnRequest.newBuilder().addCompare(Compare.getDefaultInstance()),
        Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided");
    assertTxnRefused(
        TxnRequest.newBuilder().addSuccess(RequestOp.getDefaultInstance()),
        Code.INVALID_ARGUMENT,
        "etcdserver: key not found");
    TxnRequest.Builder many = TxnRequest.newBuilder();
    for (int i = 0; i <= 128; i++) {
      many.addSuccess(op(one(key("a"))));
    }
    assertTxnRefused(many, Code.INVALID_ARGUMENT, "etcdserver: too many operations in txn request");
  }

  @Test
  default void bothBranchesOfANestedTransactionMayWriteTheSameKey() {
    TxnRequest.Builder inner =
        TxnRequest.newBuilder()
            .addSuccess(op(putRequest(key("a"), "1")))
            .addFailure(op(putRequest(key("a"), "2")));
    TxnRequest.Builder outer =
        TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(inner));

    assertThat(txn(outer).getSucceeded()).isTrue();
    assertTxnRefused(
        outer.addSuccess(RequestOp.newBuilder().setRequestTxn(inner)),
        Code.INVALID_ARGUMENT,
        "etcdserver: duplicate key given in txn request");
  }

  private void assertHolds(Compare.Builder compare) {
    assertThat(txn(TxnRequest.newBuilder().addCompare(compare)).getSucceeded())
        .as("%s", compare)
        .isTrue();
  }

  private void assertFails(Compare.Builder compare) {
    assertThat(txn(TxnRequest.newBuilder().addCompare(compare)).getSucceeded())
        .as("%s", compare)
        .isFalse();
  }

  private void assertTxnRefused(TxnRequest.Builder request, Code code, String text) {
    assertRefused(() -> txn(request), code, text);
  }

  private TxnResponse txn(TxnRequest.Builder request) {
    return client().kv().txn(request.build());
  }
}
