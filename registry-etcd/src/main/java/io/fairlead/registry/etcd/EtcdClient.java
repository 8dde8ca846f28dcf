package io.fairlead.registry.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Txn;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests that a registry makes, on one session. Every answer comes on the loop, and comes
 * within the bound; every failure is a {@link EtcdException}.
 */
final class EtcdClient {
  private final EventLoop eventLoop;
  private final Session session;
  private final Duration bound;
  private final SuspicionListener suspicionListener;
  private long lastResponseNanos;

  /** Hears of failures that concern the whole session. */
  interface SuspicionListener {
    void suspect(Session session, EtcdException failure);
  }

  EtcdClient(
      EventLoop eventLoop, Session session, Duration bound, SuspicionListener suspicionListener) {
    this.eventLoop = eventLoop;
    this.session = session;
    this.bound = bound;
    this.suspicionListener = suspicionListener;
    this.lastResponseNanos = eventLoop.nanoTime();
  }

  Session session() {
    return session;
  }

  /** Returns when the last answer came, of whatever kind; on the loop. */
  long lastResponseNanos() {
    return lastResponseNanos;
  }

  /** Asks for an answer, of whatever kind: the smallest read of the one member that we talk to. */
  CompletableFuture<?> probe(String key) {
    GetOption option = GetOption.builder().withSerializable(true).withCountOnly(true).build();
    return bounded("probe the connection", bound, () -> session.keys().get(bytes(key), option));
  }

  /**
   * Fetches a token and uses it from now on. The answer is null if etcd has its authentication off,
   * and so needs no token.
   */
  CompletableFuture<@Nullable AuthenticateResponse> authenticate(Credentials credentials) {
    AuthenticateRequest request =
        AuthenticateRequest.newBuilder()
            .setName(credentials.user())
            .setPassword(credentials.password())
            .build();
    return bounded(
            "log in as user " + credentials.user(),
            bound,
            () -> {
              CompletableFuture<@Nullable AuthenticateResponse> answer = new CompletableFuture<>();
              AuthGrpc.newStub(session.bare()).authenticate(request, new LogInObserver(answer));
              return answer;
            })
        .exceptionally(
            thrown -> {
              if (thrown instanceof EtcdException failure
                  && failure.kind() == EtcdException.Kind.AUTHENTICATION_OFF) {
                return null;
              }
              throw new CompletionException(thrown);
            })
        .thenApply(
            answer -> {
              session.setToken(answer == null ? null : answer.getToken());
              return answer;
            });
  }

  /** Returns every key of the range, as a majority has it. */
  CompletableFuture<RangeSnapshot> list(KeyRange range) {
    return bounded(
            range.exact() ? "check our registration " + range.start() : "read " + range,
            bound,
            () -> session.keys().get(bytes(range.start()), option(range).build()))
        .thenApply(EtcdClient::listing);
  }

  /** Returns a page of keys with their values, from a key on. */
  CompletableFuture<RangeSnapshot> page(String task, String from, KeyRange range, int limit) {
    GetOption option =
        GetOption.builder()
            .withRange(ByteSequence.from(range.end()))
            .withLimit(limit)
            .withSortField(GetOption.SortTarget.KEY)
            .build();
    return bounded(
            task,
            bound,
            () -> session.keys().get(ByteSequence.from(KeyRange.key(from).from()), option))
        .thenApply(EtcdClient::listing);
  }

  /** Returns how many keys the range has, and when the latest of them was written. */
  CompletableFuture<RangeDigest> digest(KeyRange range) {
    return digest("verify " + range, range);
  }

  /** Returns a read that needs a majority. */
  CompletableFuture<RangeDigest> readFirst(String key) {
    return digest("", KeyRange.key(key));
  }

  private CompletableFuture<RangeDigest> digest(String task, KeyRange range) {
    GetOption option =
        option(range)
            .withKeysOnly(true)
            .withLimit(1)
            .withSortField(GetOption.SortTarget.MOD)
            .withSortOrder(GetOption.SortOrder.DESCEND)
            .build();
    return bounded(task, bound, () -> session.keys().get(bytes(range.start()), option))
        .thenApply(
            answer ->
                new RangeDigest(
                    answer.getHeader().getClusterId(),
                    answer.getHeader().getRevision(),
                    answer.getCount(),
                    answer.getKvs().isEmpty() ? 0 : answer.getKvs().get(0).getModRevision()));
  }

  /** Writes only if the key's last write is the given one, 0 for none; the revision, or -1. */
  CompletableFuture<Long> putIf(String key, long modRevision, String value, long lease) {
    return bounded("write " + key, bound, () -> txn(last(key, modRevision), put(key, lease, value)))
        .thenApply(answer -> answer.isSucceeded() ? answer.getHeader().getRevision() : -1L);
  }

  /** Makes all changes at once, if the key's last write is the given one; the revision, or -1. */
  CompletableFuture<Long> commitIf(String task, String key, long modRevision, List<Op> changes) {
    return bounded(
            task,
            bound,
            () ->
                session
                    .keys()
                    .txn()
                    .If(last(key, modRevision))
                    .Then(changes.toArray(Op[]::new))
                    .commit())
        .thenApply(answer -> answer.isSucceeded() ? answer.getHeader().getRevision() : -1L);
  }

  /** Deletes only if the key's last write is the given one. */
  CompletableFuture<Boolean> deleteIf(String key, long modRevision) {
    return bounded("take out " + key, bound, () -> txn(last(key, modRevision), deletion(key)))
        .thenApply(TxnResponse::isSucceeded);
  }

  /** Deletes whatever stands there. */
  CompletableFuture<Boolean> delete(String key) {
    return bounded("take out " + key, bound, () -> session.keys().delete(bytes(key)))
        .thenApply(answer -> true);
  }

  CompletableFuture<GrantedLease> grant(Duration ttl) {
    long askedAt = eventLoop.nanoTime();
    return bounded("get a lease", bound, () -> session.leases().grant(ttl.toSeconds()))
        .thenApply(answer -> new GrantedLease(answer.getID(), answer.getTTL(), askedAt));
  }

  CompletableFuture<Void> revoke(long lease) {
    return bounded("give up the lease", bound, () -> session.leases().revoke(lease))
        .thenAccept(answer -> {});
  }

  /** Renews once; the seconds it has now, 0 if the lease is gone. */
  CompletableFuture<Long> renew(long lease, Duration within) {
    return bounded("renew the lease", within, () -> RenewalCall.start(session, lease));
  }

  private <T> CompletableFuture<T> bounded(
      String task, Duration within, Supplier<CompletableFuture<T>> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    EventLoop.Timer timer =
        eventLoop.schedule(
            within.toNanos(),
            () -> fail(result, EtcdException.timeout(session.endpoint(), task, within)));
    CompletableFuture<T> answer;
    try {
      answer = call.get();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    Futures.whenComplete(
        eventLoop,
        answer,
        (value, thrown) ->
            eventLoop.execute(
                () -> {
                  timer.cancel();
                  lastResponseNanos = eventLoop.nanoTime();
                  if (thrown == null) {
                    result.complete(value);
                  } else {
                    fail(result, EtcdException.of(session.endpoint(), task, thrown));
                  }
                }));
    return result;
  }

  private void fail(CompletableFuture<?> result, EtcdException failure) {
    if (result.isDone()) {
      return;
    }
    // First the session, so that whoever hears of the failure already finds the link down.
    if (failure.isConnectionFailure()) {
      suspicionListener.suspect(session, failure);
    }
    result.completeExceptionally(failure);
  }

  private CompletableFuture<TxnResponse> txn(@Nullable Cmp condition, Op then) {
    Txn txn = session.keys().txn();
    return (condition == null ? txn : txn.If(condition)).Then(then).commit();
  }

  private static Cmp last(String key, long modRevision) {
    return new Cmp(bytes(key), Cmp.Op.EQUAL, CmpTarget.modRevision(modRevision));
  }

  static Op put(String key, long lease, String value) {
    return Op.put(bytes(key), bytes(value), PutOption.builder().withLeaseId(lease).build());
  }

  static Op deletion(String key) {
    return Op.delete(bytes(key), DeleteOption.DEFAULT);
  }

  private static GetOption.Builder option(KeyRange range) {
    return GetOption.builder().isPrefix(!range.exact());
  }

  private static RangeSnapshot listing(GetResponse answer) {
    List<KeyRecord> keys = answer.getKvs().stream().map(EtcdClient::stored).toList();
    return new RangeSnapshot(
        answer.getHeader().getClusterId(), answer.getHeader().getRevision(), keys);
  }

  private static KeyRecord stored(KeyValue kv) {
    return new KeyRecord(
        kv.getKey().toString(StandardCharsets.UTF_8),
        kv.getValue().toString(StandardCharsets.UTF_8),
        kv.getCreateRevision(),
        kv.getModRevision(),
        kv.getLease());
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private record LogInObserver(CompletableFuture<@Nullable AuthenticateResponse> answer)
      implements StreamObserver<AuthenticateResponse> {
    @Override
    public void onNext(AuthenticateResponse response) {
      answer.complete(response);
    }

    @Override
    public void onError(Throwable thrown) {
      answer.completeExceptionally(thrown);
    }

    @Override
    public void onCompleted() {
      answer.completeExceptionally(new IllegalStateException("the log-in ended without a token"));
    }
  }
}
