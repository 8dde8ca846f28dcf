package io.fairlead.registry.etcd;

/** A lease is wanted, and will be asked for after a pause or when the link is up. */
final class LeaseAwaited implements LeaseState {
  private final LeaseKeeper keeper;
  private final long pauseNanos;
  private EventLoop.Timer timer = EventLoop.Timer.NONE;

  /**
   * Waits once entered.
   *
   * @param pauseNanos or -1 to wait for the link
   */
  LeaseAwaited(LeaseKeeper keeper, long pauseNanos) {
    this.keeper = keeper;
    this.pauseNanos = pauseNanos;
  }

  @Override
  public void onEnter() {
    if (pauseNanos >= 0) {
      timer = keeper.link().eventLoop().schedule(pauseNanos, keeper::grant);
    }
  }

  @Override
  public void onExit() {
    timer.cancel();
  }

  @Override
  public void linkUp(EtcdClient client) {
    keeper.grant();
  }

  @Override
  public String toString() {
    return "awaited";
  }
}
