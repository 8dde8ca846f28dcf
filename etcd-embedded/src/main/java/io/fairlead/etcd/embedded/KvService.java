package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.CompactionRequest;
import io.fairlead.etcd.embedded.api.CompactionResponse;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeResponse;
import io.fairlead.etcd.embedded.api.KVGrpc;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.PutResponse;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RangeResponse;
import io.fairlead.etcd.embedded.api.TxnRequest;
import io.fairlead.etcd.embedded.api.TxnResponse;
import io.grpc.stub.StreamObserver;

/** {@code etcdserverpb.KV}. */
final class KvService extends KVGrpc.KVImplBase {
  private final EtcdStateMachine machine;

  KvService(EtcdStateMachine machine) {
    this.machine = machine;
  }

  @Override
  public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.range(request));
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.put(request));
  }

  @Override
  public void deleteRange(
      DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.delete(request));
  }

  @Override
  public void txn(TxnRequest request, StreamObserver<TxnResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.txn(request));
  }

  @Override
  public void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
    UnaryResponses.reply(observer, () -> machine.compact(request));
  }
}
