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
final class HeldKey implements LeaseKeeper.User {

  /** Whose key it is. */
  enum Mode {
    /** The last process that begins to hold it has it. */
    LAST_COMES_FIRST,
    /** Whoever has it keeps it. */
    EXCLUSIVE
  }

  /** Hears how it stands, on the loop. */
  interface Observer {
    void moved(KeyState state);
  }

  private record Wish(long number, CompletableFuture<Void> fulfilled) {}

  private final Link link;
  private final LeaseKeeper keeper;
  private final String key;
  private final Mode mode;
  private final Observer observer;
  private final Backoff backoff;
  private final List<Wish> wishes = new ArrayList<>();
  private String value;
  private KeyState state = new KeyState.Absent(false, "not written yet");
  private @Nullable GrantedLease lease;
  private Loop.Timer retry = Loop.Timer.NONE;
  private @Nullable KeyRemoval removal;
  private boolean everHeld;
  private boolean aside;
  private boolean busy;
  private boolean again;
  private long wished;

  HeldKey(Link link, LeaseKeeper keeper, String key, String value, Mode mode, Observer observer) {
    this.link = link;
    this.keeper = keeper;
    this.key = key;
    this.value = value;
    this.mode = mode;
    this.observer = observer;
    this.backoff = new Backoff(Duration.ofMillis(50), link.random());
  }

  void start() {
    keeper.join(this);
    if (link.requests() == null && link.lastTrouble() != null) {
      become(new KeyState.Absent(false, link.lastTrouble().getMessage()));
    }
  }

  /** Another value from now on; done when etcd has it. */
  CompletableFuture<Void> want(String newValue) {
    CompletableFuture<Void> fulfilled = new CompletableFuture<>();
    if (removal != null) {
      fulfilled.completeExceptionally(new IllegalStateException(key + " is being removed"));
      return fulfilled;
    }
    value = newValue;
    wishes.add(new Wish(++wished, fulfilled));
    if (aside) {
      disappoint("a later registration has it");
    }
    reconcile();
    return fulfilled;
  }

  /** Leaves the key to a later registration of this process, whatever stands there. */
  void standAside() {
    aside = true;
    retry.cancel();
    become(new KeyState.Ceded());
    disappoint("a later registration has it");
  }

  /** The later registration is gone, and its entry with it. */
  void takeBack() {
    aside = false;
    become(new KeyState.Absent(true, "the later registration left"));
    reconcile();
  }

  /** Takes the key out of etcd, if it is ours; done when that is known, or after the bound. */
  CompletableFuture<Void> remove() {
    if (aside) {
      removed();
      return CompletableFuture.completedFuture(null);
    }
    if (removal == null) {
      retry.cancel();
      removal = new KeyRemoval(link, keeper, key, this::removed);
      disappoint("it is being removed");
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
    if (state instanceof KeyState.Held) {
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
    Requests requests = link.requests();
    GrantedLease present = lease;
    if (removal != null || aside || requests == null || present == null) {
      return;
    }
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    retry.cancel();
    String wanted = value;
    long number = wished;
    CompletableFuture<KeyState> step =
        !everHeld && mode == Mode.LAST_COMES_FIRST
            ? requests
                .put(key, wanted, present.id())
                .thenApply(revision -> new KeyState.Held(revision, revision))
            : look(requests, wanted, present.id());
    Later.on(
        link.loop(),
        step,
        (next, thrown) -> {
          busy = false;
          if (aside) {
            return;
          }
          if (thrown == null) {
            settled(next, present, number);
          } else {
            failed(link.troubleOf(requests.session(), thrown));
          }
          proceed();
        });
  }

  private CompletableFuture<KeyState> look(Requests requests, String wanted, long onLease) {
    boolean takeOver = !everHeld && mode == Mode.LAST_COMES_FIRST;
    return requests
        .list(KeyRange.key(key))
        .thenCompose(
            listing -> {
              StoredKey found = listing.keys().isEmpty() ? null : listing.keys().get(0);
              KeyDecision decision =
                  KeyDecision.decide(found, wanted, onLease, keeper::isOurs, takeOver);
              if (decision instanceof KeyDecision.Write write) {
                return write(requests, write, wanted, onLease);
              }
              return CompletableFuture.completedFuture(
                  decision instanceof KeyDecision.Yield yield
                      ? new KeyState.Foreign(yield.found())
                      : KeyState.Held.as(((KeyDecision.Keep) decision).found()));
            });
  }

  private CompletableFuture<KeyState> write(
      Requests requests, KeyDecision.Write write, String wanted, long onLease) {
    if (write.ifModRevision() == 0 && state instanceof KeyState.Held) {
      become(new KeyState.Absent(true, "etcd has the lease, but not the key " + key));
    }
    return requests
        .putIf(key, write.ifModRevision(), wanted, onLease)
        .thenApply(
            revision -> {
              if (revision < 0) {
                throw new Trouble(Trouble.Kind.OTHER, "the key " + key + " changed meanwhile");
              }
              boolean born = write.createRevision() == 0;
              return new KeyState.Held(born ? revision : write.createRevision(), revision);
            });
  }

  private void settled(KeyState next, GrantedLease on, long number) {
    backoff.reset();
    if (next instanceof KeyState.Held) {
      everHeld = true;
      if (lease == null || lease.id() != on.id()) {
        // The lease was lost while this was under way.
        again = true;
        return;
      }
      become(next);
      fulfil(number);
    } else {
      become(next);
      disappoint("somebody else has it");
    }
  }

  private void failed(Trouble trouble) {
    if (removal != null) {
      return;
    }
    if (trouble.kind() == Trouble.Kind.OTHER) {
      keeper.doubt();
    }
    if (state instanceof KeyState.Absent absent) {
      become(new KeyState.Absent(absent.lost(), trouble.getMessage()));
    }
    // Without a link, its return is what we wait for.
    if (link.requests() != null) {
      Timing timing = link.timing();
      Duration limit = trouble.kind() == Trouble.Kind.DENIED ? timing.refused() : timing.retry();
      retry = link.loop().schedule(backoff.next(limit), this::reconcile);
    }
  }

  private void proceed() {
    if (removal != null) {
      removal.start();
    } else if (again) {
      again = false;
      reconcile();
    }
  }

  private void become(KeyState next) {
    if (!next.equals(state)) {
      state = next;
      observer.moved(next);
    }
  }

  private void fulfil(long number) {
    List<Wish> done = wishes.stream().filter(wish -> wish.number() <= number).toList();
    wishes.removeAll(done);
    done.forEach(wish -> wish.fulfilled().complete(null));
  }

  private void disappoint(String why) {
    List<Wish> all = List.copyOf(wishes);
    wishes.clear();
    all.forEach(
        wish ->
            wish.fulfilled()
                .completeExceptionally(
                    new IllegalStateException("etcd key " + key + " was not written: " + why)));
  }

  KeyState state() {
    return state;
  }

  /** Whether a write may be under way. */
  boolean busy() {
    return busy;
  }
}
