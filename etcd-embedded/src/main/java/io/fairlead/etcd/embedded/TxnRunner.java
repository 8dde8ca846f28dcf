package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeResponse;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.PutResponse;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RangeResponse;
import io.fairlead.etcd.embedded.api.RequestOp;
import io.fairlead.etcd.embedded.api.ResponseHeader;
import io.fairlead.etcd.embedded.api.ResponseOp;
import io.fairlead.etcd.embedded.api.TxnRequest;
import io.fairlead.etcd.embedded.api.TxnResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Carries out one request that may write. All conditions, those of nested transactions too, are
 * evaluated before the first write, and so is everything that can fail.
 */
final class TxnRunner {
  private final KeyStore store;
  private final Leases leases;
  private final WriteTxn write;
  // Which branch each transaction takes, in the order in which they are met.
  private final Deque<Boolean> branches = new ArrayDeque<>();

  TxnRunner(KeyStore store, Leases leases, WriteTxn write) {
    this.store = store;
    this.leases = leases;
    this.write = write;
  }

  TxnResponse.Builder txn(TxnRequest request) {
    prepare(request);
    return run(request).setHeader(revisionHeader());
  }

  PutResponse.Builder put(PutRequest request) {
    check(request);
    return run(request);
  }

  DeleteRangeResponse.Builder delete(DeleteRangeRequest request) {
    return run(request);
  }

  private void prepare(TxnRequest request) {
    boolean holds = TxnCompare.holds(store, request.getCompareList());
    branches.addLast(holds);
    for (RequestOp op : holds ? request.getSuccessList() : request.getFailureList()) {
      switch (op.getRequestCase()) {
        case REQUEST_RANGE -> check(op.getRequestRange());
        case REQUEST_PUT -> check(op.getRequestPut());
        case REQUEST_TXN -> prepare(op.getRequestTxn());
        case REQUEST_DELETE_RANGE, REQUEST_NOT_SET -> {}
      }
    }
  }

  private void check(RangeRequest request) {
    long revision = request.getRevision();
    if (revision > store.revision()) {
      throw EtcdErrors.FUTURE_REVISION.asRuntimeException();
    }
    if (revision != 0 && revision < store.compacted()) {
      throw EtcdErrors.COMPACTED.asRuntimeException();
    }
  }

  private void check(PutRequest request) {
    boolean needsPrevious = request.getIgnoreValue() || request.getIgnoreLease();
    if (needsPrevious && store.get(request.getKey()) == null) {
      throw EtcdErrors.KEY_NOT_FOUND.asRuntimeException();
    }
    if (request.getLease() != 0 && leases.find(request.getLease()) == null) {
      throw EtcdErrors.LEASE_NOT_FOUND.asRuntimeException();
    }
  }

  private TxnResponse.Builder run(TxnRequest request) {
    boolean holds = branches.removeFirst();
    // A nested transaction answers with an empty header, not without one.
    TxnResponse.Builder response =
        TxnResponse.newBuilder().setHeader(ResponseHeader.getDefaultInstance()).setSucceeded(holds);
    for (RequestOp op : holds ? request.getSuccessList() : request.getFailureList()) {
      response.addResponses(run(op));
    }
    return response;
  }

  private ResponseOp.Builder run(RequestOp op) {
    ResponseOp.Builder response = ResponseOp.newBuilder();
    return switch (op.getRequestCase()) {
      case REQUEST_RANGE -> response.setResponseRange(run(op.getRequestRange()));
      case REQUEST_PUT -> response.setResponsePut(run(op.getRequestPut()));
      case REQUEST_DELETE_RANGE -> response.setResponseDeleteRange(run(op.getRequestDeleteRange()));
      case REQUEST_TXN -> response.setResponseTxn(run(op.getRequestTxn()));
      case REQUEST_NOT_SET -> throw EtcdErrors.KEY_NOT_FOUND.asRuntimeException();
    };
  }

  private RangeResponse.Builder run(RangeRequest request) {
    return RangeReader.read(store, request, write.revision()).setHeader(revisionHeader());
  }

  private PutResponse.Builder run(PutRequest request) {
    KeyValue previous = store.get(request.getKey());
    KeyValue kept = previous == null ? KeyValue.getDefaultInstance() : previous;
    write.put(
        request.getKey(),
        request.getIgnoreValue() ? kept.getValue() : request.getValue(),
        request.getIgnoreLease() ? kept.getLease() : request.getLease());
    PutResponse.Builder response = PutResponse.newBuilder().setHeader(revisionHeader());
    if (request.getPrevKv() && previous != null) {
      response.setPrevKv(previous);
    }
    return response;
  }

  private DeleteRangeResponse.Builder run(DeleteRangeRequest request) {
    List<KeyValue> deleted = write.delete(KeyRange.of(request.getKey(), request.getRangeEnd()));
    DeleteRangeResponse.Builder response =
        DeleteRangeResponse.newBuilder().setHeader(revisionHeader()).setDeleted(deleted.size());
    return request.getPrevKv() ? response.addAllPrevKvs(deleted) : response;
  }

  private ResponseHeader revisionHeader() {
    return ResponseHeader.newBuilder().setRevision(write.revision()).build();
  }
}
