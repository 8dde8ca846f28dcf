package io.fairlead.registry.etcd;

/** A lease is wanted, and will be asked for after a pause or when the link is up. */
final class LeaseAwaited implements LeaseState {
  private final LeaseKeeper keeper;
  private final long pauseNanos;
  private Loop.Timer timer = Loop.Timer.NONE;

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
  public void enter() {
    if (pauseNanos >= 0) {
      timer = keeper.link().loop().schedule(pauseNanos, keeper::grant);
    }
  }

  @Override
  public void leave() {
    timer.cancel();
  }

  @Override
  public void linkUp(Requests requests) {
    keeper.grant();
  }

  @Override
  public String toString() {
    return "awaited";
  }
}
