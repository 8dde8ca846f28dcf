package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Watch;
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
  private final Loop loop;
  private final StatusBoard board;
  private final HeldKey held;
  private final LeaseKeeper keeper;
  private final String key;
  private final @Nullable Follower follower;
  private final Consumer<EtcdRegistration> onClose;
  private final CompletableFuture<Void> closing = new CompletableFuture<>();
  private volatile Endpoint endpoint;
  private volatile long token;
  private boolean draining;
  private boolean started;
  private boolean aside;
  private boolean leaving;

  EtcdRegistration(
      String service,
      Endpoint endpoint,
      EndpointCodec codec,
      LeaseKeeper keeper,
      Wall wall,
      HeldKey.Mode mode,
      Consumer<EtcdRegistration> onClose) {
    this.service = service;
    this.endpoint = endpoint;
    this.codec = codec;
    this.keeper = keeper;
    this.loop = keeper.link().loop();
    this.onClose = onClose;
    this.draining = endpoint.draining();
    this.key = codec.key(service, endpoint);
    this.board = new StatusBoard("etcd key " + key, loop, wall);
    this.held =
        new HeldKey(keeper.link(), keeper, key, codec.encode(service, endpoint), mode, this::moved);
    this.follower =
        mode == HeldKey.Mode.EXCLUSIVE
            ? new Follower(keeper.link(), KeyRange.key(key), new KeyAlarm(held::reconcile))
            : null;
  }

  boolean sharesKey(EtcdRegistration other) {
    return key.equals(other.key);
  }

  /** Whether it holds the key, or tries to. */
  boolean active() {
    return started && !aside;
  }

  boolean exclusive() {
    return follower != null;
  }

  boolean leaving() {
    return leaving;
  }

  /** Another registration of this registry has the key, or is about to leave it. */
  void standBy() {
    board.become(State.REGISTERING, "this registry already has a registration of " + key);
  }

  /** A later registration of this registry takes the key. */
  void standAside() {
    aside = true;
    held.standAside();
  }

  /** No other registration of this registry has the key. */
  void takeTurn() {
    if (aside) {
      aside = false;
      held.takeBack();
    } else {
      start();
    }
  }

  private void start() {
    if (leaving) {
      return;
    }
    started = true;
    held.start();
    if (follower != null) {
      follower.start();
    }
  }

  private void moved(KeyState state) {
    token = state instanceof KeyState.Held now ? now.createRevision() : 0;
    if (state instanceof KeyState.Held) {
      board.become(State.REGISTERED, "in etcd as " + key);
    } else if (state instanceof KeyState.Foreign foreign) {
      boolean before = board.status().state() != State.REGISTERING;
      board.become(
          before || follower == null ? State.DISPLACED : State.REGISTERING,
          "somebody else holds "
              + key
              + " since revision "
              + foreign.found().modRevision()
              + ": "
              + foreign.found().value());
    } else if (state instanceof KeyState.Absent absent) {
      board.become(absent.lost() ? State.LOST : State.REGISTERING, absent.why());
    } else if (state instanceof KeyState.Ceded) {
      board.become(State.DISPLACED, "a later registration of this registry holds " + key);
    } else {
      board.become(State.CLOSED, "left on purpose");
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
    return board.status();
  }

  @Override
  public List<Status> history() {
    return board.history();
  }

  @Override
  public Watch watch(Consumer<? super Status> observer) {
    return board.watch(observer);
  }

  /** Judged by the caller's clock, in case the loop has not run since the process was paused. */
  @Override
  public OptionalLong fencingToken() {
    GrantedLease lease = keeper.lease();
    long present = token;
    boolean alive = lease != null && lease.remainingNanos(loop.nanoTime()) > 0;
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
    loop.execute(
        () -> {
          Endpoint next = draining ? changed.asDraining() : changed;
          draining = next.draining();
          endpoint = next;
          forward(held.want(codec.encode(service, next)), done);
        });
    return done;
  }

  @Override
  public CompletionStage<Void> drain() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(() -> forward(drainNow(), done));
    return done;
  }

  private CompletableFuture<Void> drainNow() {
    draining = true;
    endpoint = endpoint.asDraining();
    return codec.knowsDraining()
        ? held.want(codec.encode(service, endpoint))
        : CompletableFuture.completedFuture(null);
  }

  private void forward(CompletableFuture<Void> from, CompletableFuture<Void> to) {
    Later.on(
        loop,
        from,
        (done, thrown) -> {
          if (thrown == null) {
            to.complete(null);
          } else {
            to.completeExceptionally(thrown);
          }
        });
  }

  /** On the loop: says good-bye, takes the key out, gives the lease up if nobody needs it. */
  CompletableFuture<Void> leave() {
    beginToLeave();
    return closing;
  }

  private void beginToLeave() {
    if (leaving) {
      return;
    }
    leaving = true;
    if (follower != null) {
      follower.close();
    }
    // Others may see it in etcd before we have the answer to our first write.
    boolean toSay = !draining && (held.state() instanceof KeyState.Held || held.busy());
    if (toSay) {
      CompletableFuture<Void> said = drainNow();
      Loop.Timer bound =
          loop.schedule(keeper.link().timing().close().toNanos() / 2, () -> said.complete(null));
      Later.on(
          loop,
          said,
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
      moved(new KeyState.Removed());
      closing.complete(null);
      onClose.accept(this);
      return;
    }
    forward(held.remove().thenCompose(done -> keeper.leave(held)), closing);
    Later.on(loop, closing, (done, thrown) -> onClose.accept(this));
  }

  @Override
  public void close() {
    loop.execute(this::beginToLeave);
    Waiting.on(closing, loop);
  }

  @Override
  public String toString() {
    return "registration of " + key + " (" + status().state() + ")";
  }
}
