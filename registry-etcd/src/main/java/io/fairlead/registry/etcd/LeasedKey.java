package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A key that this process wants to hold in etcd, with a value and on its lease: a loop that looks,
 * decides and writes, whenever anything gives reason to. Used on the loop alone.
 */
final class LeasedKey implements LeaseKeeper.Holder {

  /** Whose key it is. */
  enum Mode {
    /** The last process that begins to hold it has it. */
    LAST_WRITER_WINS,
    /** Whoever has it keeps it. */
    EXCLUSIVE
  }

  /** Hears how it stands, on the loop. */
  interface Observer {
    void onStateChanged(KeyState state);
  }

  private record PendingWrite(long number, CompletableFuture<Void> completion) {}

  private final Link link;
  private final LeaseKeeper keeper;
  private final String key;
  private final Mode mode;
  private final Observer observer;
  private final Backoff backoff;
  private final List<PendingWrite> pendingWrites = new ArrayList<>();
  private String value;
  private KeyState state = new KeyState.Absent(false, "not written yet");
  private @Nullable GrantedLease lease;
  private EventLoop.Timer retry = EventLoop.Timer.NONE;
  private @Nullable KeyRemoval removal;
  private boolean everOwned;
  private boolean yielded;
  private boolean busy;
  private boolean reconcileAgain;
  private long lastWriteNumber;

  LeasedKey(Link link, LeaseKeeper keeper, String key, String value, Mode mode, Observer observer) {
    this.link = link;
    this.keeper = keeper;
    this.key = key;
    this.value = value;
    this.mode = mode;
    this.observer = observer;
    this.backoff = new Backoff(Duration.ofMillis(50), link.random());
  }

  void start() {
    keeper.addHolder(this);
    if (link.client() == null && link.lastFailure() != null) {
      become(new KeyState.Absent(false, link.lastFailure().getMessage()));
    }
  }

  /** Another value from now on; done when etcd has it. */
  CompletableFuture<Void> setValue(String newValue) {
    CompletableFuture<Void> fulfilled = new CompletableFuture<>();
    if (removal != null) {
      fulfilled.completeExceptionally(new IllegalStateException(key + " is being removed"));
      return fulfilled;
    }
    value = newValue;
    pendingWrites.add(new PendingWrite(++lastWriteNumber, fulfilled));
    if (yielded) {
      fail("a later registration has it");
    }
    reconcile();
    return fulfilled;
  }

  /** Leaves the key to a later registration of this process, whatever stands there. */
  void yieldKey() {
    yielded = true;
    retry.cancel();
    become(new KeyState.Yielded());
    fail("a later registration has it");
  }

  /** The later registration is gone, and its entry with it. */
  void reclaim() {
    yielded = false;
    become(new KeyState.Absent(true, "the later registration left"));
    reconcile();
  }

  /** Takes the key out of etcd, if it is ours; done when that is known, or after the bound. */
  CompletableFuture<Void> remove() {
    if (yielded) {
      removed();
      return CompletableFuture.completedFuture(null);
    }
    if (removal == null) {
      retry.cancel();
      removal = new KeyRemoval(link, keeper, key, this::removed);
      fail("it is being removed");
      if (!busy) {
        removal.start();
      }
    }
    return removal.done();
  }

  private void removed() {
    become(new KeyState.Removed());
  }

  @Override
  public void leaseGained(GrantedLease gained) {
    lease = gained;
    reconcile();
  }

  @Override
  public void leaseLost(String why) {
    lease = null;
    if (state instanceof KeyState.Owned) {
      become(new KeyState.Absent(true, why));
    }
  }

  @Override
  public void verify() {
    if (removal != null) {
      removal.again();
    } else {
      reconcile();
    }
  }

  /** Looks, decides, writes; once at a time. */
  void reconcile() {
    EtcdClient client = link.client();
    GrantedLease present = lease;
    if (removal != null || yielded || client == null || present == null) {
      return;
    }
    if (busy) {
      reconcileAgain = true;
      return;
    }
    busy = true;
    retry.cancel();
    String wanted = value;
    long number = lastWriteNumber;
    CompletableFuture<KeyState> step =
        !everOwned && mode == Mode.LAST_WRITER_WINS
            ? client
                .put(key, wanted, present.id())
                .thenApply(revision -> new KeyState.Owned(revision, revision))
            : readAndDecide(client, wanted, present.id());
    Futures.whenComplete(
        link.eventLoop(),
        step,
        (next, thrown) -> {
          busy = false;
          if (yielded) {
            return;
          }
          if (thrown == null) {
            onReconciled(next, present, number);
          } else {
            onFailed(link.failureOf(client.session(), thrown));
          }
          proceed();
        });
  }

  private CompletableFuture<KeyState> readAndDecide(
      EtcdClient client, String wanted, long onLease) {
    boolean takeOver = !everOwned && mode == Mode.LAST_WRITER_WINS;
    return client
        .list(KeyRange.key(key))
        .thenCompose(
            snapshot -> {
              KeyRecord found = snapshot.keys().isEmpty() ? null : snapshot.keys().get(0);
              KeyDecision decision =
                  KeyDecision.decide(found, wanted, onLease, keeper::isOurs, takeOver);
              if (decision instanceof KeyDecision.Write write) {
                return write(client, write, wanted, onLease);
              }
              return CompletableFuture.completedFuture(
                  decision instanceof KeyDecision.Yield yield
                      ? new KeyState.Foreign(yield.found())
                      : KeyState.Owned.of(((KeyDecision.Keep) decision).found()));
            });
  }

  private CompletableFuture<KeyState> write(
      EtcdClient client, KeyDecision.Write write, String wanted, long onLease) {
    if (write.ifModRevision() == 0 && state instanceof KeyState.Owned) {
      become(new KeyState.Absent(true, "etcd has the lease, but not the key " + key));
    }
    return client
        .putIf(key, write.ifModRevision(), wanted, onLease)
        .thenApply(
            revision -> {
              if (revision < 0) {
                throw new EtcdException(
                    EtcdException.Kind.OTHER, "the key " + key + " changed meanwhile");
              }
              boolean born = write.createRevision() == 0;
              return new KeyState.Owned(born ? revision : write.createRevision(), revision);
            });
  }

  private void onReconciled(KeyState next, GrantedLease on, long number) {
    backoff.reset();
    if (next instanceof KeyState.Owned) {
      everOwned = true;
      if (lease == null || lease.id() != on.id()) {
        // The lease was lost while this was under way.
        reconcileAgain = true;
        return;
      }
      become(next);
      complete(number);
    } else {
      become(next);
      fail("somebody else has it");
    }
  }

  private void onFailed(EtcdException failure) {
    if (removal != null) {
      return;
    }
    if (failure.kind() == EtcdException.Kind.OTHER) {
      keeper.suspect();
    }
    if (state instanceof KeyState.Absent absent) {
      become(new KeyState.Absent(absent.lost(), failure.getMessage()));
    }
    // Without a link, its return is what we wait for.
    if (link.client() != null) {
      EtcdTimeouts timeouts = link.timeouts();
      Duration limit =
          failure.kind() == EtcdException.Kind.DENIED
              ? timeouts.maxBackoffWhenRejected()
              : timeouts.maxBackoff();
      retry = link.eventLoop().schedule(backoff.next(limit), this::reconcile);
    }
  }

  private void proceed() {
    if (removal != null) {
      removal.start();
    } else if (reconcileAgain) {
      reconcileAgain = false;
      reconcile();
    }
  }

  private void become(KeyState next) {
    if (!next.equals(state)) {
      state = next;
      observer.onStateChanged(next);
    }
  }

  private void complete(long number) {
    List<PendingWrite> done =
        pendingWrites.stream().filter(pendingWrite -> pendingWrite.number() <= number).toList();
    pendingWrites.removeAll(done);
    done.forEach(pendingWrite -> pendingWrite.completion().complete(null));
  }

  private void fail(String why) {
    List<PendingWrite> all = List.copyOf(pendingWrites);
    pendingWrites.clear();
    all.forEach(
        pendingWrite ->
            pendingWrite
                .completion()
                .completeExceptionally(
                    new IllegalStateException("etcd key " + key + " was not written: " + why)));
  }

  KeyState state() {
    return state;
  }

  /** Returns whether a write may be under way. */
  boolean busy() {
    return busy;
  }
}
