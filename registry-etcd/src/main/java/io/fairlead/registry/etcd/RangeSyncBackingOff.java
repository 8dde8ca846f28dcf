package io.fairlead.registry.etcd;

import java.time.Duration;

/** Backs off before the range is read again. */
final class RangeSyncBackingOff implements RangeSyncState {
  static final Duration FIRST_PAUSE = Duration.ofMillis(50);

  /** Many processes lose etcd, and find it again, in the same moment. */
  private static final Duration SPREAD = Duration.ofMillis(200);

  private final RangeSync sync;
  private final long pauseNanos;
  private EventLoop.Timer timer = EventLoop.Timer.NONE;

  private RangeSyncBackingOff(RangeSync sync, long pauseNanos) {
    this.sync = sync;
    this.pauseNanos = pauseNanos;
  }

  static RangeSyncBackingOff spread(RangeSync sync) {
    return new RangeSyncBackingOff(sync, Jitter.between(sync.link().random(), 0, SPREAD.toNanos()));
  }

  static RangeSyncBackingOff after(RangeSync sync, EtcdException failure, Backoff backoff) {
    EtcdTimeouts timeouts = sync.link().timeouts();
    boolean refused =
        failure.kind() == EtcdException.Kind.DENIED || failure.kind() == EtcdException.Kind.OTHER;
    return new RangeSyncBackingOff(
        sync, backoff.next(refused ? timeouts.maxBackoffWhenRejected() : timeouts.maxBackoff()));
  }

  @Override
  public void onEnter() {
    timer = sync.link().eventLoop().schedule(pauseNanos, this::read);
  }

  private void read() {
    EtcdClient client = sync.client();
    sync.become(
        client == null ? new RangeSyncDisconnected(sync) : new RangeSyncListing(sync, client));
  }

  @Override
  public void onExit() {
    timer.cancel();
  }

  @Override
  public void linkDown(EtcdException failure) {
    sync.become(new RangeSyncDisconnected(sync));
  }

  @Override
  public String toString() {
    return "backing off";
  }
}
