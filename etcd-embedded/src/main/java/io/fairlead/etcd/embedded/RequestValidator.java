package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.Compare;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RequestOp;
import io.fairlead.etcd.embedded.api.TxnRequest;
import java.util.List;

/** What can be said of a request without looking at the store. */
final class RequestValidator {
  /** etcd's default. */
  static final int MAX_TXN_OPS = 128;

  private RequestValidator() {}

  static void check(RangeRequest request) {
    checkKey(request.getKey());
    if (request.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
        || request.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED) {
      throw EtcdErrors.INVALID_SORT.asRuntimeException();
    }
  }

  static void check(PutRequest request) {
    checkKey(request.getKey());
    if (request.getIgnoreValue() && !request.getValue().isEmpty()) {
      throw EtcdErrors.VALUE_PROVIDED.asRuntimeException();
    }
    if (request.getIgnoreLease() && request.getLease() != 0) {
      throw EtcdErrors.LEASE_PROVIDED.asRuntimeException();
    }
  }

  static void check(DeleteRangeRequest request) {
    checkKey(request.getKey());
  }

  static void check(TxnRequest request) {
    checkOps(request, MAX_TXN_OPS);
    TxnOverlaps.check(request.getSuccessList());
    TxnOverlaps.check(request.getFailureList());
  }

  /** A nested transaction may use what its parent's widest list left over. */
  private static void checkOps(TxnRequest request, int budget) {
    int width =
        Math.max(
            request.getCompareCount(),
            Math.max(request.getSuccessCount(), request.getFailureCount()));
    if (width > budget) {
      throw EtcdErrors.TOO_MANY_OPS.asRuntimeException();
    }
    for (Compare compare : request.getCompareList()) {
      checkKey(compare.getKey());
    }
    checkOps(request.getSuccessList(), budget - width);
    checkOps(request.getFailureList(), budget - width);
  }

  private static void checkOps(List<RequestOp> ops, int budget) {
    for (RequestOp op : ops) {
      switch (op.getRequestCase()) {
        case REQUEST_RANGE -> check(op.getRequestRange());
        case REQUEST_PUT -> check(op.getRequestPut());
        case REQUEST_DELETE_RANGE -> check(op.getRequestDeleteRange());
        case REQUEST_TXN -> checkOps(op.getRequestTxn(), budget);
        case REQUEST_NOT_SET -> throw EtcdErrors.KEY_NOT_FOUND.asRuntimeException();
      }
    }
  }

  private static void checkKey(ByteString key) {
    if (key.isEmpty()) {
      throw EtcdErrors.EMPTY_KEY.asRuntimeException();
    }
  }
}
