package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Watch;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An endpoint that is kept in etcd. Public methods for any thread, the others for the loop. */
final class EtcdRegistration implements ExclusiveRegistration {
  private final String service;
  private final EndpointCodec codec;
  private final EventLoop eventLoop;
  private final RegistrationStatusTracker statusTracker;
  private final LeasedKey leasedKey;
  private final LeaseKeeper keeper;
  private final String key;
  private final @Nullable RangeSync sync;
  private final Consumer<EtcdRegistration> onClose;
  private final CompletableFuture<Void> closing = new CompletableFuture<>();
  private volatile Endpoint endpoint;
  private volatile long token;

  /** Whether {@link #drain} was called, which no update takes back. */
  private boolean draining;

  private boolean started;
  private boolean yielded;
  private boolean leaving;

  EtcdRegistration(
      String service,
      Endpoint endpoint,
      EndpointCodec codec,
      LeaseKeeper keeper,
      InstantSource clock,
      LeasedKey.Mode mode,
      Consumer<EtcdRegistration> onClose) {
    this.service = service;
    this.endpoint = endpoint;
    this.codec = codec;
    this.keeper = keeper;
    this.eventLoop = keeper.link().eventLoop();
    this.onClose = onClose;
    this.key = codec.key(service, endpoint);
    this.statusTracker = new RegistrationStatusTracker("etcd key " + key, eventLoop, clock);
    this.leasedKey =
        new LeasedKey(
            keeper.link(), keeper, key, codec.encode(service, endpoint), mode, new KeyObserver());
    this.sync =
        mode == LeasedKey.Mode.EXCLUSIVE
            ? new RangeSync(
                keeper.link(), KeyRange.key(key), new KeyChangeTrigger(leasedKey::reconcile))
            : null;
  }

  boolean sharesKey(EtcdRegistration other) {
    return key.equals(other.key);
  }

  /** Returns whether it holds the key, or tries to. */
  boolean active() {
    return started && !yielded;
  }

  boolean exclusive() {
    return sync != null;
  }

  boolean leaving() {
    return leaving;
  }

  /** Another registration of this registry has the key, or is about to leave it. */
  void waitForKey() {
    statusTracker.become(State.REGISTERING, "this registry already has a registration of " + key);
  }

  /** A later registration of this registry takes the key. */
  void yieldKey() {
    yielded = true;
    leasedKey.yieldKey();
  }

  /** No other registration of this registry has the key. */
  void claimKey() {
    if (yielded) {
      yielded = false;
      leasedKey.reclaim();
    } else {
      start();
    }
  }

  private void start() {
    if (leaving) {
      return;
    }
    started = true;
    leasedKey.start();
    if (sync != null) {
      sync.start();
    }
  }

  private final class KeyObserver implements LeasedKey.Observer {
    @Override
    public void onStateChanged(KeyState state) {
      onKeyStateChanged(state);
    }

    @Override
    public void onWriteRefused(EtcdException failure) {
      statusTracker.become(
          statusTracker.status().state(),
          "in etcd as " + key + ", but a change is not: " + failure.getMessage());
    }
  }

  private void onKeyStateChanged(KeyState state) {
    token = state instanceof KeyState.Owned now ? now.createRevision() : 0;
    if (state instanceof KeyState.Owned) {
      statusTracker.become(State.REGISTERED, "in etcd as " + key);
    } else if (state instanceof KeyState.Foreign foreign) {
      boolean before = statusTracker.status().state() != State.REGISTERING;
      statusTracker.become(
          before || sync == null ? State.DISPLACED : State.REGISTERING,
          "somebody else holds "
              + key
              + " since revision "
              + foreign.found().modRevision()
              + ": "
              + foreign.found().value());
    } else if (state instanceof KeyState.Absent absent) {
      statusTracker.become(absent.lost() ? State.LOST : State.REGISTERING, absent.why());
    } else if (state instanceof KeyState.Yielded) {
      statusTracker.become(State.DISPLACED, "a later registration of this registry holds " + key);
    } else {
      statusTracker.become(State.CLOSED, "left on purpose");
    }
  }

  @Override
  public String service() {
    return service;
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public Status status() {
    return statusTracker.status();
  }

  @Override
  public List<Status> history() {
    return statusTracker.history();
  }

  @Override
  public Watch watch(Consumer<? super Status> observer) {
    return statusTracker.watch(observer);
  }

  /** Judged by the caller's clock, in case the loop has not run since the process was paused. */
  @Override
  public OptionalLong fencingToken() {
    GrantedLease lease = keeper.lease();
    long present = token;
    boolean alive = lease != null && lease.remainingNanos(eventLoop.nanoTime()) > 0;
    return present == 0 || !alive ? OptionalLong.empty() : OptionalLong.of(present);
  }

  @Override
  public CompletionStage<Void> update(Endpoint changed) {
    if (!changed.id().equals(endpoint.id())) {
      throw new IllegalArgumentException(
          "registration of " + endpoint.id() + " cannot become " + changed.id());
    }
    if (!codec.key(service, changed).equals(key)) {
      throw new IllegalArgumentException(
          "in this layout the address of " + key + " is its key; register the new one instead");
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    eventLoop.execute(
        () -> {
          Endpoint next = draining ? changed.asDraining() : changed;
          endpoint = next;
          forward(leasedKey.setValue(codec.encode(service, next)), done);
        });
    return done;
  }

  @Override
  public CompletionStage<Void> drain() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    eventLoop.execute(() -> forward(drainNow(), done));
    return done;
  }

  private CompletableFuture<Void> drainNow() {
    draining = true;
    endpoint = endpoint.asDraining();
    return codec.encodesDraining()
        ? leasedKey.announceLeaving(codec.encode(service, endpoint))
        : CompletableFuture.completedFuture(null);
  }

  private void forward(CompletableFuture<Void> from, CompletableFuture<Void> to) {
    Futures.whenComplete(
        eventLoop,
        from,
        (done, thrown) -> {
          if (thrown == null) {
            to.complete(null);
          } else {
            to.completeExceptionally(thrown);
          }
        });
  }

  /**
   * On the loop: announces that it is draining, removes the key, and revokes the lease if nobody
   * needs it.
   */
  CompletableFuture<Void> leave() {
    startLeaving();
    return closing;
  }

  private void startLeaving() {
    if (leaving) {
      return;
    }
    leaving = true;
    if (sync != null) {
      sync.close();
    }
    // Others may see it in etcd before we have the answer to our first write.
    boolean announce =
        !draining && (leasedKey.state() instanceof KeyState.Owned || leasedKey.busy());
    if (announce) {
      CompletableFuture<Void> announced = drainNow();
      EventLoop.Timer bound =
          eventLoop.schedule(
              keeper.link().timeouts().closeTimeout().toNanos() / 2,
              () -> announced.complete(null));
      Futures.whenComplete(
          eventLoop,
          announced,
          (done, thrown) -> {
            bound.cancel();
            remove();
          });
    } else {
      remove();
    }
  }

  private void remove() {
    if (!started) {
      onKeyStateChanged(new KeyState.Removed());
      closing.complete(null);
      onClose.accept(this);
      return;
    }
    forward(leasedKey.remove().thenCompose(done -> keeper.removeHolder(leasedKey)), closing);
    Futures.whenComplete(eventLoop, closing, (done, thrown) -> onClose.accept(this));
  }

  @Override
  public void close() {
    eventLoop.execute(this::startLeaving);
    BlockingWait.await(closing, eventLoop);
  }

  @Override
  public String toString() {
    return "registration of " + key + " (" + status().state() + ")";
  }
}
