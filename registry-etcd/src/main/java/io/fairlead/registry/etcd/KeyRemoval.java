package io.fairlead.registry.etcd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Takes a key out of etcd if it is ours, within a bound. Where that fails, the lease takes it out.
 */
final class KeyRemoval {
  private static final Logger LOG = System.getLogger(KeyRemoval.class.getName());

  private final Link link;
  private final LeaseKeeper keeper;
  private final String key;
  private final LeasedKey.Mode mode;
  private final Runnable whenRemoved;
  private final Backoff backoff;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final EventLoop.Timer bound;
  private EventLoop.Timer retry = EventLoop.Timer.NONE;
  private boolean started;
  private boolean busy;

  KeyRemoval(Link link, LeaseKeeper keeper, String key, LeasedKey.Mode mode, Runnable whenRemoved) {
    this.link = link;
    this.keeper = keeper;
    this.key = key;
    this.mode = mode;
    this.whenRemoved = whenRemoved;
    this.backoff = new Backoff(Duration.ofMillis(50), link.random());
    this.bound = link.eventLoop().schedule(link.timeouts().closeTimeout().toNanos(), this::giveUp);
  }

  CompletableFuture<Void> done() {
    return done;
  }

  void start() {
    started = true;
    again();
  }

  void again() {
    EtcdClient client = link.client();
    if (!started || busy || done.isDone()) {
      return;
    }
    retry.cancel();
    if (client == null) {
      retry = link.eventLoop().schedule(backoff.next(link.timeouts().maxBackoff()), this::again);
      return;
    }
    busy = true;
    Futures.whenComplete(
        link.eventLoop(),
        client.list(KeyRange.key(key)).thenCompose(snapshot -> delete(client, snapshot)),
        (removed, thrown) -> {
          busy = false;
          if (thrown == null && removed) {
            finish();
          } else if (!done.isDone()) {
            retry =
                link.eventLoop().schedule(backoff.next(link.timeouts().maxBackoff()), this::again);
          }
        });
  }

  private CompletableFuture<Boolean> delete(EtcdClient client, RangeSnapshot snapshot) {
    if (snapshot.keys().isEmpty() || !keeper.isOurs(snapshot.keys().get(0).lease())) {
      return CompletableFuture.completedFuture(true);
    }
    KeyRecord found = snapshot.keys().get(0);
    return client
        .deleteIf(key, found.modRevision())
        .exceptionallyCompose(
            thrown ->
                link.failureOf(client.session(), thrown).kind() == EtcdException.Kind.NO_SPACE
                    ? deleteWithoutSpace(client, found.lease(), thrown)
                    : CompletableFuture.failedFuture(thrown));
  }

  /** Old versions refuse transactions then, so nothing can be deleted on a condition. */
  private CompletableFuture<Boolean> deleteWithoutSpace(
      EtcdClient client, long lease, Throwable thrown) {
    if (mode == LeasedKey.Mode.LAST_WRITER_WINS) {
      return client.delete(key);
    }
    // A deletion that arrives late would take the key of the next one to have it. The end of our
    // lease takes only ours, but other keys of this process must not go with it.
    return keeper.isShared(lease)
        ? CompletableFuture.failedFuture(thrown)
        : client.revoke(lease).thenApply(done -> true);
  }

  private void giveUp() {
    if (!done.isDone()) {
      LOG.log(
          Level.WARNING,
          keeper.isShared()
              ? "etcd key {0} could not be taken out within {1}; it stays until this process closes"
                  + " its other registrations, or ends, and {2} longer, as they share its lease"
              : "etcd key {0} could not be taken out within {1}; its lease ends within {2}",
          key,
          DurationFormat.format(link.timeouts().closeTimeout()),
          DurationFormat.format(link.timeouts().ttl()));
      finish();
    }
  }

  private void finish() {
    if (done.isDone()) {
      return;
    }
    bound.cancel();
    retry.cancel();
    whenRemoved.run();
    done.complete(null);
  }
}
