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
  private final EtcdCore core;

  KvService(EtcdCore core) {
    this.core = core;
  }

  @Override
  public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
    Replies.reply(observer, () -> core.range(request));
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> observer) {
    Replies.reply(observer, () -> core.put(request));
  }

  @Override
  public void deleteRange(
      DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
    Replies.reply(observer, () -> core.delete(request));
  }

  @Override
  public void txn(TxnRequest request, StreamObserver<TxnResponse> observer) {
    Replies.reply(observer, () -> core.txn(request));
  }

  @Override
  public void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
    Replies.reply(observer, () -> core.compact(request));
  }
}
