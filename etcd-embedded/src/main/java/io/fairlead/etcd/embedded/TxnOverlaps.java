package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.RequestOp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds out whether a transaction would write a key twice, which etcd refuses. It is as blind as
 * etcd in one spot: a deletion "from this key on" overlaps with nothing.
 */
final class TxnOverlaps {
  /** A deleted interval; the end is taken as it stands. */
  private record Deleted(ByteString first, ByteString end) {
    boolean covers(ByteString key) {
      return KeyRange.ORDER.compare(first, key) <= 0 && KeyRange.ORDER.compare(key, end) < 0;
    }
  }

  private final Set<ByteString> puts = new HashSet<>();
  private final List<Deleted> deletes = new ArrayList<>();

  private TxnOverlaps() {}

  static void check(List<RequestOp> ops) {
    collect(ops);
  }

  private static TxnOverlaps collect(List<RequestOp> ops) {
    TxnOverlaps found = new TxnOverlaps();
    for (RequestOp op : ops) {
      if (op.hasRequestDeleteRange()) {
        found.deletes.add(deleted(op.getRequestDeleteRange()));
      }
    }
    for (RequestOp op : ops) {
      if (op.hasRequestTxn()) {
        found.addNested(
            collect(op.getRequestTxn().getSuccessList()),
            collect(op.getRequestTxn().getFailureList()));
      }
    }
    for (RequestOp op : ops) {
      if (op.hasRequestPut()) {
        found.addPut(op.getRequestPut().getKey());
      }
    }
    return found;
  }

  /** The same key in both branches is fine: only one of them runs. */
  private void addNested(TxnOverlaps success, TxnOverlaps failure) {
    success.puts.forEach(this::addPut);
    for (ByteString key : failure.puts) {
      if (success.puts.contains(key)) {
        checkDeletes(key);
      } else {
        addPut(key);
      }
    }
    deletes.addAll(success.deletes);
    deletes.addAll(failure.deletes);
  }

  private void addPut(ByteString key) {
    checkDeletes(key);
    if (!puts.add(key)) {
      throw EtcdErrors.DUPLICATE_KEY.asRuntimeException();
    }
  }

  private void checkDeletes(ByteString key) {
    for (Deleted deleted : deletes) {
      if (deleted.covers(key)) {
        throw EtcdErrors.DUPLICATE_KEY.asRuntimeException();
      }
    }
  }

  private static Deleted deleted(DeleteRangeRequest request) {
    ByteString end = request.getRangeEnd();
    return new Deleted(
        request.getKey(), end.isEmpty() ? request.getKey().concat(KeyRange.ZERO) : end);
  }
}
