package io.fairlead.registry.etcd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A key that this process wants to hold in etcd, with a value and on its lease. Used on the loop
 * alone. It is in one of these states:
 *
 * <pre>
 * state     a reason to look        setValue()     yieldKey()  reclaim()  remove()  a step has ended
 * HOLDING   looks, decides, writes  looks          YIELDED     -          REMOVING  reports, may look again
 * YIELDED   nothing                 keeps, fails   stays       HOLDING    REMOVED   nothing
 * REMOVING  removes, if it has not  fails          -           -          stays     the removal begins
 * REMOVED   nothing                 fails          -           -          stays     nothing
 * </pre>
 *
 * <p>"-" cannot happen, and throws. REMOVING becomes REMOVED when the key is out of etcd, or after
 * the bound. A step looks, decides and writes; one is under way at a time, and it may end in
 * another state than it began in. Reasons to look are a new value, a new lease, the link's return,
 * each renewal of the lease, and a pause after a failure. {@link KeyState} is what is known of the
 * key in etcd, and is reported.
 */
final class LeasedKey implements LeaseKeeper.Holder {
  private static final Logger LOG = System.getLogger(LeasedKey.class.getName());

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

    /** etcd answered, and did not take a write; another attempt follows. */
    void onWriteRefused(EtcdException failure);
  }

  private record PendingWrite(long number, CompletableFuture<Void> completion) {}

  /** So many are never under way; but etcd may refuse all of them for a long time. */
  private static final int MAX_SENT = 64;

  private static final String TAKEN_BY_US = "a later registration has it";

  private final Link link;
  private final LeaseKeeper keeper;
  private final String key;
  private final Mode mode;
  private final Observer observer;
  private final Backoff backoff;
  private final List<PendingWrite> pendingWrites = new ArrayList<>();
  private String value;
  private State state = new Holding();
  private KeyState keyState = new KeyState.Absent(false, "not written yet");
  private @Nullable GrantedLease lease;
  private EventLoop.Timer retry = EventLoop.Timer.NONE;

  /** Whether etcd refused a write, and nothing else was reported since. */
  private boolean refused;

  /** Values that etcd may have from us: the last one that it confirmed, and those sent since. */
  private final Set<String> sent = new HashSet<>();

  /** Whether the key was ours at any time: from then on it is not taken from anybody. */
  private boolean everOwned;

  /** Whether what stood there at the first look is known. */
  private boolean looked;

  /**
   * What stood there then, or null: only that is taken over, as whatever came later began later.
   */
  private @Nullable KeyRecord predecessor;

  /** Whether a step is under way: its request may be at etcd already. */
  private boolean busy;

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

  /** What is done about the key. Events that are not overridden cannot happen in the state. */
  private abstract class State {
    void look() {}

    CompletableFuture<Void> setValue(String newValue) {
      return CompletableFuture.failedFuture(new IllegalStateException(key + " is being removed"));
    }

    void yieldKey() {
      throw unexpected("a later registration");
    }

    void reclaim() {
      throw unexpected("the end of a later registration");
    }

    CompletableFuture<Void> announceLeaving(String newValue) {
      return setValue(newValue);
    }

    abstract CompletableFuture<Void> remove();

    /** A step has ended; the task takes its result. */
    void onStepEnd(Runnable result) {}

    /** etcd does not take a write. */
    void onRefused(EtcdException failure) {}

    private IllegalStateException unexpected(String event) {
      return new IllegalStateException("etcd key " + key + ", " + this + ", hears of " + event);
    }
  }

  /** It is to be in etcd. */
  private final class Holding extends State {
    /** There was a reason to look while a step was under way. */
    private boolean lookAgain;

    /** The value says that this process leaves: it is better gone than without that. */
    private boolean leaving;

    @Override
    void look() {
      EtcdClient client = link.client();
      GrantedLease present = lease;
      if (client == null || present == null) {
        return;
      }
      if (busy) {
        lookAgain = true;
        return;
      }
      retry.cancel();
      step(client, present);
    }

    @Override
    CompletableFuture<Void> setValue(String newValue) {
      CompletableFuture<Void> fulfilled = new CompletableFuture<>();
      value = newValue;
      pendingWrites.add(new PendingWrite(++lastWriteNumber, fulfilled));
      look();
      return fulfilled;
    }

    @Override
    CompletableFuture<Void> announceLeaving(String newValue) {
      leaving = true;
      return setValue(newValue);
    }

    @Override
    void yieldKey() {
      retry.cancel();
      state = new Yielded();
      report(new KeyState.Yielded());
      fail(TAKEN_BY_US);
    }

    @Override
    CompletableFuture<Void> remove() {
      retry.cancel();
      Removing removing = new Removing();
      state = removing;
      fail("it is being removed");
      if (!busy) {
        removing.removal.start();
      }
      return removing.removal.done();
    }

    @Override
    void onRefused(EtcdException failure) {
      if (!leaving || failure.kind() != EtcdException.Kind.NO_SPACE) {
        return;
      }
      // Deleting is what etcd still does, and is all that tells clients to go elsewhere.
      List<PendingWrite> waiting = List.copyOf(pendingWrites);
      pendingWrites.clear();
      Futures.whenComplete(
          link.eventLoop(),
          remove(),
          (done, thrown) -> waiting.forEach(one -> one.completion().complete(null)));
    }

    @Override
    void onStepEnd(Runnable result) {
      boolean again = lookAgain;
      lookAgain = false;
      result.run();
      if (again && !busy) {
        reconcile();
      }
    }

    @Override
    public String toString() {
      return "held";
    }
  }

  /** Left to a later registration of this process, whatever stands in etcd. */
  private final class Yielded extends State {
    @Override
    CompletableFuture<Void> setValue(String newValue) {
      value = newValue;
      return CompletableFuture.failedFuture(notWritten(TAKEN_BY_US));
    }

    @Override
    void yieldKey() {}

    @Override
    void reclaim() {
      state = new Holding();
      report(new KeyState.Absent(true, "the later registration left"));
      state.look();
    }

    @Override
    CompletableFuture<Void> remove() {
      removed();
      return state.remove();
    }

    @Override
    public String toString() {
      return "left to a later registration";
    }
  }

  /** To be taken out of etcd, once the step that is under way has ended. */
  private final class Removing extends State {
    private final KeyRemoval removal =
        new KeyRemoval(link, keeper, key, mode, LeasedKey.this::removed);

    @Override
    void look() {
      removal.again();
    }

    @Override
    CompletableFuture<Void> remove() {
      return removal.done();
    }

    @Override
    void onStepEnd(Runnable result) {
      removal.start();
    }

    @Override
    public String toString() {
      return "being removed";
    }
  }

  /** Out of etcd, or given up. */
  private final class Removed extends State {
    @Override
    CompletableFuture<Void> remove() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public String toString() {
      return "removed";
    }
  }

  void start() {
    keeper.addHolder(this);
    if (link.client() == null && link.lastFailure() != null) {
      report(new KeyState.Absent(false, link.lastFailure().getMessage()));
    }
  }

  /** Another value from now on; done when etcd has it. */
  CompletableFuture<Void> setValue(String newValue) {
    return state.setValue(newValue);
  }

  /**
   * A value that says that this process leaves; done when etcd has it. If etcd has no space for it,
   * the key is removed instead.
   */
  CompletableFuture<Void> announceLeaving(String newValue) {
    return state.announceLeaving(newValue);
  }

  /** Leaves the key to a later registration of this process, whatever stands there. */
  void yieldKey() {
    state.yieldKey();
  }

  /** The later registration is gone, and its entry with it. */
  void reclaim() {
    state.reclaim();
  }

  /** Takes the key out of etcd, if it is ours; done when that is known, or after the bound. */
  CompletableFuture<Void> remove() {
    return state.remove();
  }

  private void removed() {
    state = new Removed();
    if (refused) {
      link.forgetRefusal();
    }
    report(new KeyState.Removed());
  }

  @Override
  public void leaseGained(GrantedLease gained) {
    lease = gained;
    reconcile();
  }

  @Override
  public void leaseLost(String why) {
    lease = null;
    if (keyState instanceof KeyState.Owned) {
      report(new KeyState.Absent(true, why));
    }
  }

  @Override
  public void leaseRefused(EtcdException failure) {
    onRefused(failure);
  }

  @Override
  public void verify() {
    state.look();
  }

  /** Looks, decides, writes, if there is a lease and a link. */
  void reconcile() {
    state.look();
  }

  private void step(EtcdClient client, GrantedLease on) {
    busy = true;
    String wanted = value;
    long number = lastWriteNumber;
    Futures.whenComplete(
        link.eventLoop(),
        readAndDecide(client, wanted, on.id()),
        (next, thrown) -> {
          busy = false;
          state.onStepEnd(
              () -> {
                if (thrown == null) {
                  onReconciled(next, on, wanted, number);
                } else {
                  onFailed(link.failureOf(client.session(), thrown));
                }
              });
        });
  }

  private CompletableFuture<KeyState> readAndDecide(
      EtcdClient client, String wanted, long onLease) {
    return client
        .list(KeyRange.key(key))
        .thenCompose(
            snapshot -> {
              KeyRecord found = snapshot.keys().isEmpty() ? null : snapshot.keys().get(0);
              if (!looked) {
                looked = true;
                predecessor = found;
              }
              KeyDecision decision =
                  KeyDecision.decide(
                      found, wanted, onLease, held -> keeper.isOurs(held) || isPredecessor(held));
              if (decision instanceof KeyDecision.Write write) {
                if (found != null && keeper.isOurs(found.lease())) {
                  logIfForeign(found);
                }
                return write(client, write, wanted, onLease);
              }
              return CompletableFuture.completedFuture(
                  decision instanceof KeyDecision.Yield yield
                      ? new KeyState.Foreign(yield.found())
                      : KeyState.Owned.of(((KeyDecision.Keep) decision).found()));
            });
  }

  /** Whether the lease is that of an earlier registration, whose key the last writer takes over. */
  private boolean isPredecessor(long held) {
    return mode == Mode.LAST_WRITER_WINS
        && !everOwned
        && predecessor != null
        && predecessor.lease() == held;
  }

  private CompletableFuture<KeyState> write(
      EtcdClient client, KeyDecision.Write write, String wanted, long onLease) {
    if (write.ifModRevision() == 0 && keyState instanceof KeyState.Owned) {
      report(new KeyState.Absent(true, "etcd has the lease, but not the key " + key));
    }
    sent(wanted);
    return client
        .putIf(key, write.ifModRevision(), wanted, onLease)
        .thenApply(
            revision -> {
              if (revision < 0) {
                throw new EtcdException(
                    EtcdException.Kind.OTHER, "the key " + key + " changed meanwhile");
              }
              link.recordWrite();
              boolean born = write.createRevision() == 0;
              return new KeyState.Owned(born ? revision : write.createRevision(), revision);
            });
  }

  private void sent(String wanted) {
    if (sent.size() == MAX_SENT) {
      sent.clear();
    }
    sent.add(wanted);
  }

  /**
   * Somebody else may write on our lease, by accident or to change a weight. The process decides
   * what its entry says, so that is undone, but not in silence.
   */
  private void logIfForeign(KeyRecord found) {
    if (!sent.contains(found.value())) {
      LOG.log(
          Level.WARNING,
          "etcd key {0}: somebody else wrote on the lease of this process, in revision {1}; it will"
              + " have its own value again, as only the process changes its entry: {2}",
          key,
          Long.toString(found.modRevision()),
          found.value());
    }
  }

  private void onReconciled(KeyState next, GrantedLease on, String wanted, long number) {
    backoff.reset();
    if (!(next instanceof KeyState.Owned)) {
      report(next);
      fail("somebody else has it");
      return;
    }
    everOwned = true;
    if (lease == null || lease.id() != on.id()) {
      // The lease was lost while this was under way.
      reconcile();
      return;
    }
    report(next);
    // What was sent before can come no more: a write is for the revision that it saw.
    sent.clear();
    sent.add(wanted);
    complete(number);
  }

  private void onFailed(EtcdException failure) {
    if (failure.kind() == EtcdException.Kind.OTHER) {
      keeper.suspect();
    }
    if (failure.isRefusal()) {
      onRefused(failure);
    } else if (keyState instanceof KeyState.Absent absent) {
      report(new KeyState.Absent(absent.lost(), failure.getMessage()));
    }
    if (!(state instanceof Holding)) {
      return;
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

  private void onRefused(EtcdException failure) {
    link.recordRefusal(failure);
    if (keyState instanceof KeyState.Absent absent) {
      report(new KeyState.Absent(absent.lost(), failure.getMessage()));
    } else if (keyState instanceof KeyState.Owned) {
      observer.onWriteRefused(failure);
    }
    refused = true;
    state.onRefused(failure);
  }

  private void report(KeyState next) {
    if (refused || !next.equals(keyState)) {
      refused = false;
      keyState = next;
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
    all.forEach(pendingWrite -> pendingWrite.completion().completeExceptionally(notWritten(why)));
  }

  private IllegalStateException notWritten(String why) {
    return new IllegalStateException("etcd key " + key + " was not written: " + why);
  }

  /** What is known of the key in etcd. */
  KeyState state() {
    return keyState;
  }

  /** Returns whether a write may be under way. */
  boolean busy() {
    return busy;
  }
}
