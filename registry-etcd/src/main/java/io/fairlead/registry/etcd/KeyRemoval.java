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
  private final Runnable whenRemoved;
  private final Backoff backoff;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final Loop.Timer bound;
  private Loop.Timer retry = Loop.Timer.NONE;
  private boolean started;
  private boolean busy;

  KeyRemoval(Link link, LeaseKeeper keeper, String key, Runnable whenRemoved) {
    this.link = link;
    this.keeper = keeper;
    this.key = key;
    this.whenRemoved = whenRemoved;
    this.backoff = new Backoff(Duration.ofMillis(50), link.random());
    this.bound = link.loop().schedule(link.timing().close().toNanos(), this::giveUp);
  }

  CompletableFuture<Void> done() {
    return done;
  }

  void start() {
    started = true;
    again();
  }

  void again() {
    Requests requests = link.requests();
    if (!started || busy || done.isDone()) {
      return;
    }
    retry.cancel();
    if (requests == null) {
      retry = link.loop().schedule(backoff.next(link.timing().retry()), this::again);
      return;
    }
    busy = true;
    Later.on(
        link.loop(),
        requests.list(KeyRange.key(key)).thenCompose(listing -> delete(requests, listing)),
        (removed, thrown) -> {
          busy = false;
          if (thrown == null && removed) {
            finish();
          } else if (!done.isDone()) {
            retry = link.loop().schedule(backoff.next(link.timing().retry()), this::again);
          }
        });
  }

  private CompletableFuture<Boolean> delete(Requests requests, Listing listing) {
    if (listing.keys().isEmpty() || !keeper.isOurs(listing.keys().get(0).lease())) {
      return CompletableFuture.completedFuture(true);
    }
    return requests.deleteIf(key, listing.keys().get(0).modRevision());
  }

  private void giveUp() {
    if (!done.isDone()) {
      LOG.log(
          Level.WARNING,
          "etcd key {0} could not be taken out within {1}; its lease ends within {2}",
          key,
          Spans.text(link.timing().close()),
          Spans.text(link.timing().ttl()));
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
