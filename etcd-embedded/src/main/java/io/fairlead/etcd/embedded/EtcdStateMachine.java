package io.fairlead.etcd.embedded;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.fairlead.etcd.embedded.Leases.Lease;
import io.fairlead.etcd.embedded.api.CompactionRequest;
import io.fairlead.etcd.embedded.api.CompactionResponse;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeResponse;
import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.LeaseGrantRequest;
import io.fairlead.etcd.embedded.api.LeaseGrantResponse;
import io.fairlead.etcd.embedded.api.LeaseKeepAliveResponse;
import io.fairlead.etcd.embedded.api.LeaseTimeToLiveRequest;
import io.fairlead.etcd.embedded.api.LeaseTimeToLiveResponse;
import io.fairlead.etcd.embedded.api.PutRequest;
import io.fairlead.etcd.embedded.api.PutResponse;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RangeResponse;
import io.fairlead.etcd.embedded.api.ResponseHeader;
import io.fairlead.etcd.embedded.api.TxnRequest;
import io.fairlead.etcd.embedded.api.TxnResponse;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Function;

/**
 * The one place where requests, leases and time meet. Everything happens one after the other under
 * its monitor, which is what etcd's log is to a real cluster; nothing in here waits for anything.
 */
final class EtcdStateMachine {
  private final TimeSource time;
  private final EtcdConfig config;
  private final LeaseExpiry expiry;
  private final ScheduledFuture<?> progressTicker;

  @GuardedBy("this")
  private WatchHub hub = new WatchHub();

  @GuardedBy("this")
  private KeyStore store = new KeyStore();

  @GuardedBy("this")
  private Leases leases;

  // While it is down, no lease ends, as with a real one that is stopped.
  @GuardedBy("this")
  private boolean down;

  EtcdStateMachine(TimeSource time, EtcdConfig config) {
    this.time = time;
    this.config = config;
    this.expiry = new LeaseExpiry(time, this::onLeaseDue);
    this.leases = new Leases(time.nanoTime(), config.minTtlSeconds());
    long progress = config.progressInterval().toNanos();
    this.progressTicker =
        time.timer().scheduleAtFixedRate(this::tickProgress, progress, progress, NANOSECONDS);
  }

  synchronized RangeResponse range(RangeRequest request) {
    RequestValidator.check(request);
    return RangeReader.read(store, request, store.revision()).setHeader(header()).build();
  }

  synchronized PutResponse put(PutRequest request) {
    RequestValidator.check(request);
    checkSize(request);
    PutResponse.Builder response = write(runner -> runner.put(request));
    return response.setHeader(header(response.getHeader())).build();
  }

  synchronized DeleteRangeResponse delete(DeleteRangeRequest request) {
    RequestValidator.check(request);
    checkSize(request);
    DeleteRangeResponse.Builder response = write(runner -> runner.delete(request));
    return response.setHeader(header(response.getHeader())).build();
  }

  synchronized TxnResponse txn(TxnRequest request) {
    RequestValidator.check(request);
    checkSize(request);
    TxnResponse.Builder response = write(runner -> runner.txn(request));
    return response.setHeader(header(response.getHeader())).build();
  }

  synchronized CompactionResponse compact(CompactionRequest request) {
    store.compact(request.getRevision());
    return CompactionResponse.newBuilder().setHeader(header()).build();
  }

  synchronized LeaseGrantResponse grant(LeaseGrantRequest request) {
    endLeases();
    Lease lease = leases.grant(request.getID(), request.getTTL());
    expiry.arm(leases);
    return LeaseGrantResponse.newBuilder()
        .setHeader(header())
        .setID(lease.id())
        .setTTL(lease.ttlSeconds())
        .build();
  }

  /** Ends the lease and deletes its keys, all in one revision. */
  synchronized ResponseHeader revoke(long id) {
    endLeases();
    end(leases.get(id));
    return header();
  }

  synchronized LeaseKeepAliveResponse keepAlive(long id) {
    endLeases();
    LeaseKeepAliveResponse.Builder response =
        LeaseKeepAliveResponse.newBuilder().setHeader(header()).setID(id);
    Lease lease = leases.find(id);
    if (lease == null) {
      return response.build();
    }
    leases.extend(lease);
    return response.setTTL(lease.ttlSeconds()).build();
  }

  synchronized LeaseTimeToLiveResponse timeToLive(LeaseTimeToLiveRequest request) {
    endLeases();
    LeaseTimeToLiveResponse.Builder response =
        LeaseTimeToLiveResponse.newBuilder().setHeader(header()).setID(request.getID());
    Lease lease = leases.find(request.getID());
    if (lease == null) {
      return response.setTTL(-1).build();
    }
    response.setTTL(leases.remainingSeconds(lease)).setGrantedTTL(lease.ttlSeconds());
    return (request.getKeys() ? response.addAllKeys(lease.keys()) : response).build();
  }

  synchronized List<Long> leaseIds() {
    endLeases();
    return leases.ids();
  }

  synchronized WatchStream openWatch(WatchStream.Sink sink) {
    WatchStream stream = new WatchStream(store, hub, sink, config.maxMessageBytes());
    hub.add(stream);
    return stream;
  }

  /** For whatever works on a watch stream. */
  synchronized void locked(Runnable action) {
    action.run();
  }

  synchronized ResponseHeader header() {
    return ClusterIdentity.header(store.revision());
  }

  synchronized long compacted() {
    return store.compacted();
  }

  synchronized int keys() {
    return store.size();
  }

  synchronized int watchers() {
    return hub.watchers();
  }

  /** Time passes it by from now on. */
  synchronized void stop() {
    down = true;
    expiry.disarm();
  }

  /** Down for ever; an injected timer keeps nothing of ours. */
  synchronized void close() {
    stop();
    progressTicker.cancel(false);
  }

  /** Every lease gets its whole time again, as when a real etcd starts with its data. */
  synchronized void start() {
    down = false;
    leases.extendAll();
    expiry.arm(leases);
  }

  /** Back to the first day. Streams that are still open see nothing any more. */
  synchronized void wipe() {
    expiry.disarm();
    hub = new WatchHub();
    store = new KeyStore();
    leases = new Leases(time.nanoTime(), config.minTtlSeconds());
  }

  private synchronized void onLeaseDue() {
    expiry.disarm();
    endLeases();
    if (!down) {
      expiry.arm(leases);
    }
  }

  private synchronized void tickProgress() {
    hub.tick();
  }

  @GuardedBy("this")
  private void endLeases() {
    if (down) {
      return;
    }
    for (Lease over = leases.firstOver(); over != null; over = leases.firstOver()) {
      end(over);
    }
  }

  @GuardedBy("this")
  private void end(Lease lease) {
    WriteTxn txn = new WriteTxn(store, leases);
    for (ByteString key : lease.keys()) {
      txn.delete(KeyRange.of(key, ByteString.EMPTY));
    }
    leases.remove(lease);
    commit(txn);
  }

  @GuardedBy("this")
  private <R> R write(Function<TxnRunner, R> request) {
    endLeases();
    WriteTxn txn = new WriteTxn(store, leases);
    R response = request.apply(new TxnRunner(store, leases, txn));
    commit(txn);
    return response;
  }

  @GuardedBy("this")
  private void commit(WriteTxn txn) {
    List<Event> events = txn.commit();
    if (!events.isEmpty()) {
      hub.publish(store.revision(), events);
    }
  }

  private void checkSize(MessageLite request) {
    if (request.getSerializedSize() > config.maxRequestBytes()) {
      throw EtcdErrors.REQUEST_TOO_LARGE.asRuntimeException();
    }
  }

  private static ResponseHeader header(ResponseHeader withRevision) {
    return ClusterIdentity.header(withRevision.getRevision());
  }
}
