package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes a part of a number that all processes share, by a read and a write that is carried out only
 * if nobody wrote in between. Used on the loop alone; one object for one request.
 *
 * <p>An answer that is lost after etcd has written leaves a part taken that nobody uses. So more
 * than the limit is never given out.
 */
final class SharedCount {
  /** More would mean that etcd is busy with this one key; whoever asks tries again later. */
  private static final int ATTEMPTS = 20;

  private final Link link;
  private final String key;
  private final long amount;
  private final long limit;
  private final Duration keep;
  private final CompletableFuture<Long> taken;
  private int attempts;

  SharedCount(
      Link link,
      String key,
      long amount,
      long limit,
      Duration keep,
      CompletableFuture<Long> taken) {
    this.link = link;
    this.key = key;
    this.amount = amount;
    this.limit = limit;
    this.keep = keep;
    this.taken = taken;
  }

  void start() {
    EtcdClient client = link.client();
    if (client == null) {
      taken.completeExceptionally(link.downReason());
    } else if (++attempts > ATTEMPTS) {
      taken.completeExceptionally(
          new EtcdException(
              EtcdException.Kind.OTHER,
              "the count " + key + " was written by others " + ATTEMPTS + " times in a row"));
    } else {
      next(client, client.list(KeyRange.key(key)), found -> decide(client, found));
    }
  }

  private void decide(EtcdClient client, RangeSnapshot found) {
    KeyRecord present = found.keys().isEmpty() ? null : found.keys().get(0);
    long count = present == null ? 0 : count(present);
    long part = Math.min(amount, limit - count);
    if (part <= 0) {
      taken.complete(0L);
    } else if (present == null) {
      next(client, client.grant(keep), lease -> write(client, null, part, part, lease.id()));
    } else {
      write(client, present, count + part, part, present.lease());
    }
  }

  private static long count(KeyRecord present) {
    try {
      return Long.parseLong(present.value());
    } catch (NumberFormatException e) {
      throw new EtcdException(
          EtcdException.Kind.OTHER,
          present.key() + " holds \"" + present.value() + "\", which is no number; delete it");
    }
  }

  private void write(
      EtcdClient client, @Nullable KeyRecord present, long count, long part, long lease) {
    long revision = present == null ? 0 : present.modRevision();
    next(
        client,
        client.putIf(key, revision, Long.toString(count), lease),
        written -> {
          if (written >= 0) {
            taken.complete(part);
            return;
          }
          if (present == null) {
            // Another one was first, with a lease of its own.
            var unused = client.revoke(lease);
          }
          start();
        });
  }

  /** Goes on with an answer; a failure, also of what follows, ends the request. */
  private <T> void next(
      EtcdClient client, CompletableFuture<T> answer, java.util.function.Consumer<? super T> then) {
    Futures.whenComplete(
        link.eventLoop(),
        answer,
        (value, thrown) -> {
          if (thrown != null) {
            taken.completeExceptionally(link.failureOf(client.session(), thrown));
            return;
          }
          try {
            then.accept(value);
          } catch (EtcdException e) {
            taken.completeExceptionally(e);
          }
        });
  }
}
