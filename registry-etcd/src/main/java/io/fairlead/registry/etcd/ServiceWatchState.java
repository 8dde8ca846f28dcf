package io.fairlead.registry.etcd;

import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far the list of a {@link ServiceWatch} can be trusted. Each state answers the same events:
 *
 * <pre>
 * state        serves            disk read      etcd confirms      etcd is silent
 * LOADING      nothing           UNLISTED (a)   -                  -
 * UNLISTED     the disk's list   stays          CONFIRMED (b)      stays, publishes what it has
 * CONFIRMED    etcd's list       ignored        stays              UNCONFIRMED
 * UNCONFIRMED  etcd's list       ignored        CONFIRMED          stays; after staleAfter: STALE
 * STALE        etcd's last list  ignored        CONFIRMED (c)      stays
 * CLOSED       nothing           ignored        ignored            ignored
 *
 * (a) or after staleAfter, as a disk may hang; only now does the watch begin to listen to etcd
 * (b) with the first list from etcd, which is compared with the disk's
 * (c) endpoints that are missing have their whole grace period once more
 * </pre>
 *
 * <p>"-" cannot happen, and throws. Every state can be closed. Methods are called on the loop.
 */
abstract sealed class ServiceWatchState {
  final ServiceWatch watch;

  private ServiceWatchState(ServiceWatch watch) {
    this.watch = watch;
  }

  /** Called once, when this has become the watch's state. */
  void onEnter() {}

  /** Called once, before another state takes over. */
  void onExit() {}

  /** The disk was read, and has this list or none. */
  void onRestored(SnapshotStore.@Nullable Saved saved) {}

  /** The whole list was read from etcd, and is about to be confirmed. */
  void onListed() {}

  /** What was delivered is up to date. */
  abstract void onConfirmed();

  /** What was delivered may be out of date. */
  abstract void onUnconfirmed(EtcdException failure);

  /** Whether the list in use is one that etcd gave. */
  boolean listed() {
    return true;
  }

  /** Whether the list in use is out of date, as far as is known. */
  boolean stale() {
    return false;
  }

  /** How old the list in use is, if etcd is silent. */
  Duration age() {
    return Duration.ZERO;
  }

  final EventLoop.Timer afterStaleTime(Runnable task) {
    Link link = watch.link();
    return link.eventLoop().schedule(link.timeouts().staleAfter().toNanos(), task);
  }

  /** Waits for the disk before it asks etcd, so that it is not left to chance which comes first. */
  static final class Loading extends ServiceWatchState {
    private EventLoop.Timer timer = EventLoop.Timer.NONE;

    Loading(ServiceWatch watch) {
      super(watch);
    }

    @Override
    void onEnter() {
      timer = afterStaleTime(() -> onRestored(null));
    }

    @Override
    void onExit() {
      timer.cancel();
    }

    @Override
    void onRestored(SnapshotStore.@Nullable Saved saved) {
      watch.become(new Unlisted(watch, saved));
    }

    @Override
    void onConfirmed() {
      throw unexpected("a confirmation");
    }

    @Override
    void onUnconfirmed(EtcdException failure) {
      throw unexpected("a failure of etcd");
    }

    private IllegalStateException unexpected(String event) {
      return new IllegalStateException(watch + " hears of " + event + " before it listens to etcd");
    }

    @Override
    boolean listed() {
      return false;
    }
  }

  /** Listens to etcd, which has given no list yet. */
  static final class Unlisted extends ServiceWatchState {
    private SnapshotStore.@Nullable Saved restored;

    Unlisted(ServiceWatch watch, SnapshotStore.@Nullable Saved restored) {
      super(watch);
      this.restored = restored;
    }

    @Override
    void onEnter() {
      watch.listen();
      publishIfSilent();
    }

    @Override
    void onRestored(SnapshotStore.@Nullable Saved late) {
      if (late != null) {
        restored = late;
        publishIfSilent();
      }
    }

    private void publishIfSilent() {
      EtcdException failure = watch.link().lastFailure();
      if (failure != null) {
        onUnconfirmed(failure);
      }
    }

    @Override
    void onListed() {
      watch.onFirstList(restored);
    }

    @Override
    void onConfirmed() {
      watch.become(new Confirmed(watch));
    }

    @Override
    void onUnconfirmed(EtcdException failure) {
      if (restored == null) {
        watch.publishFailure(failure);
      } else {
        watch.publishRestored(restored.snapshot(), failure);
      }
    }

    @Override
    boolean listed() {
      return false;
    }

    /** The wall clock is all that a file knows; it may have been set back since. */
    @Override
    Duration age() {
      Duration age = restored == null ? Duration.ZERO : watch.timeSince(restored.savedAt());
      return age.isNegative() ? Duration.ZERO : age;
    }
  }

  /** etcd answers, and the list is the one that it has. */
  static final class Confirmed extends ServiceWatchState {
    Confirmed(ServiceWatch watch) {
      super(watch);
    }

    @Override
    void onConfirmed() {}

    @Override
    void onUnconfirmed(EtcdException failure) {
      watch.become(new Unconfirmed(watch, failure));
    }
  }

  /** etcd has been silent for a moment. Most interruptions end at once; those are not published. */
  static final class Unconfirmed extends ServiceWatchState {
    private final EtcdException failure;
    private final long sinceNanos;
    private EventLoop.Timer timer = EventLoop.Timer.NONE;

    Unconfirmed(ServiceWatch watch, EtcdException failure) {
      super(watch);
      this.failure = failure;
      this.sinceNanos = watch.link().eventLoop().nanoTime();
    }

    @Override
    void onEnter() {
      timer = afterStaleTime(() -> watch.become(new Stale(watch, failure, sinceNanos)));
    }

    @Override
    void onExit() {
      timer.cancel();
    }

    @Override
    void onConfirmed() {
      watch.become(new Confirmed(watch));
    }

    @Override
    void onUnconfirmed(EtcdException again) {}

    @Override
    Duration age() {
      return Duration.ofNanos(watch.link().eventLoop().nanoTime() - sinceNanos);
    }
  }

  /** etcd has been silent for so long that users are told. The list is not changed meanwhile. */
  static final class Stale extends ServiceWatchState {
    private final EtcdException failure;
    private final long sinceNanos;

    Stale(ServiceWatch watch, EtcdException failure, long sinceNanos) {
      super(watch);
      this.failure = failure;
      this.sinceNanos = sinceNanos;
    }

    @Override
    void onEnter() {
      ServiceWatch.LOG.log(
          Level.WARNING,
          "{0}: serving the last list, {1}: {2}",
          watch,
          watch.countText(),
          failure.getMessage());
      watch.suspendGrace();
      watch.publish();
    }

    @Override
    void onListed() {
      watch.restartGrace();
    }

    @Override
    void onConfirmed() {
      ServiceWatch.LOG.log(Level.INFO, "{0}: the list is up to date again", watch);
      watch.become(new Confirmed(watch));
    }

    @Override
    void onUnconfirmed(EtcdException again) {}

    @Override
    boolean stale() {
      return true;
    }

    @Override
    Duration age() {
      return Duration.ofNanos(watch.link().eventLoop().nanoTime() - sinceNanos);
    }
  }

  /** Nobody watches any more. Events that were on their way are dropped. */
  static final class Closed extends ServiceWatchState {
    Closed(ServiceWatch watch) {
      super(watch);
    }

    @Override
    void onConfirmed() {}

    @Override
    void onUnconfirmed(EtcdException failure) {}

    @Override
    boolean listed() {
      return false;
    }
  }
}
