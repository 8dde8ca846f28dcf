package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.AuthGrpc;
import io.fairlead.etcd.embedded.api.ClusterGrpc;
import io.fairlead.etcd.embedded.api.Compare;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.KVGrpc;
import io.fairlead.etcd.embedded.api.LeaseGrantRequest;
import io.fairlead.etcd.embedded.api.LeaseGrpc;
import io.fairlead.etcd.embedded.api.MaintenanceGrpc;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RequestOp;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;

/** Plain stubs over one connection, and short forms of requests. */
final class EtcdClient implements AutoCloseable {
  private final ManagedChannel channel;

  EtcdClient(String address) {
    this(address, InsecureChannelCredentials.create());
  }

  EtcdClient(String address, ChannelCredentials credentials) {
    // The largest responses of a test are a few MiB.
    channel =
        NettyChannelBuilder.forTarget(address, credentials)
            .maxInboundMessageSize(64 * 1024 * 1024)
            .build();
  }

  ManagedChannel channel() {
    return channel;
  }

  KVGrpc.KVBlockingStub kv() {
    return KVGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  LeaseGrpc.LeaseBlockingStub lease() {
    return LeaseGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  ClusterGrpc.ClusterBlockingStub cluster() {
    return ClusterGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
    return MaintenanceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  AuthGrpc.AuthBlockingStub auth() {
    return AuthGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  WatchProbe watch() {
    return new WatchProbe(channel);
  }

  /** Puts; returns the revision. */
  long put(String key, String value) {
    return kv().put(putRequest(key, value)).getHeader().getRevision();
  }

  long put(String key, String value, long lease) {
    return kv().put(putRequest(key, value).toBuilder().setLease(lease).build())
        .getHeader()
        .getRevision();
  }

  long delete(String key) {
    return kv().deleteRange(DeleteRangeRequest.newBuilder().setKey(utf8(key)).build())
        .getHeader()
        .getRevision();
  }

  long grant(long ttlSeconds) {
    return lease().leaseGrant(LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build()).getID();
  }

  static PutRequest putRequest(String key, String value) {
    return PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8(value)).build();
  }

  static RangeRequest.Builder one(String key) {
    return RangeRequest.newBuilder().setKey(utf8(key));
  }

  static RangeRequest.Builder prefix(String prefix) {
    return one(prefix).setRangeEnd(prefixEnd(prefix));
  }

  static RequestOp op(PutRequest put) {
    return RequestOp.newBuilder().setRequestPut(put).build();
  }

  static RequestOp op(RangeRequest.Builder range) {
    return RequestOp.newBuilder().setRequestRange(range).build();
  }

  static RequestOp op(DeleteRangeRequest.Builder delete) {
    return RequestOp.newBuilder().setRequestDeleteRange(delete).build();
  }

  static Compare.Builder compare(String key, Compare.CompareResult result) {
    return Compare.newBuilder().setKey(utf8(key)).setResult(result);
  }

  /** The smallest key above all keys with this prefix; the last character is below 127. */
  static ByteString prefixEnd(String prefix) {
    int last = prefix.length() - 1;
    return utf8(prefix.substring(0, last) + (char) (prefix.charAt(last) + 1));
  }

  static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      if (!channel.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("The client's channel did not end within 10s");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
