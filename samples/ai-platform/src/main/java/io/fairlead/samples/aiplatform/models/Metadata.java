package io.fairlead.samples.aiplatform.models;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * Small records in etcd, each changed only by compare-and-set: whoever writes says which revision
 * they have seen.
 *
 * <p>etcd's own contract is called like any other: a stock stub over a channel of Fairlead.
 */
final class Metadata implements AutoCloseable {
  /** Beside the keys of endpoints, and below none of them. */
  private static final String ROOT = "ai-platform/models/";

  private final RpcChannel channel;
  private final KVGrpc.KVBlockingStub keys;

  /** A record, and the revision that changed it last. */
  record Entry(ByteString value, long revision) {}

  Metadata(String etcd) {
    this(etcd, UnaryOperator.identity());
  }

  /**
   * @param change settings of the link, such as its certificates
   */
  Metadata(String etcd, UnaryOperator<RpcChannel.Builder> change) {
    URI uri = URI.create(etcd);
    RetryPolicy retry =
        RetryPolicy.builder().attempts(4).backoff(Duration.ofMillis(50)).unsafe(true).build();
    RpcChannel.Builder builder =
        RpcChannel.to("dns:///" + uri.getHost() + ":" + uri.getPort())
            .authority(uri.getHost())
            .service(KVGrpc.getServiceDescriptor())
            .policy(
                "etcdserverpb.KV", MethodPolicy.builder().deadline(Duration.ofSeconds(3)).build())
            // Reading twice does no harm. A write is not repeated: it may have been done.
            .policy("etcdserverpb.KV/Range", MethodPolicy.builder().retry(retry).build());
    this.channel = change.apply(builder).build();
    this.keys = KVGrpc.newBlockingStub(channel);
  }

  Optional<Entry> get(String key) {
    RangeRequest request = RangeRequest.newBuilder().setKey(key(key)).build();
    return keys.range(request).getKvsList().stream().findFirst().map(Metadata::entry);
  }

  /** Returns all records below a prefix, in the order of their keys. */
  List<Entry> list(String prefix) {
    ByteString from = key(prefix);
    byte[] end = from.toByteArray();
    end[end.length - 1]++;
    RangeRequest request =
        RangeRequest.newBuilder().setKey(from).setRangeEnd(ByteString.copyFrom(end)).build();
    return keys.range(request).getKvsList().stream().map(Metadata::entry).toList();
  }

  /**
   * Writes a record if its revision still is the expected one, 0 for a record that is not there.
   * Returns the new revision, or nothing if somebody else was first.
   */
  OptionalLong putIf(String key, ByteString value, long expectedRevision) {
    ByteString name = key(key);
    TxnResponse response =
        keys.txn(
            TxnRequest.newBuilder()
                .addCompare(
                    Compare.newBuilder()
                        .setKey(name)
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(expectedRevision))
                .addSuccess(
                    RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(name).setValue(value)))
                .build());
    return response.getSucceeded()
        ? OptionalLong.of(response.getHeader().getRevision())
        : OptionalLong.empty();
  }

  private static Entry entry(KeyValue kv) {
    return new Entry(kv.getValue(), kv.getModRevision());
  }

  private static ByteString key(String key) {
    return ByteString.copyFromUtf8(ROOT + key);
  }

  @Override
  public void close() {
    channel.close();
  }
}
