package io.fairlead.registry.etcd;

/** Waits for the link. */
final class FollowerUnlinked implements FollowerState {
  private final Follower follower;

  FollowerUnlinked(Follower follower) {
    this.follower = follower;
  }

  @Override
  public void linkUp(Requests requests) {
    follower.become(FollowerWaiting.spread(follower));
  }

  @Override
  public String toString() {
    return "waits for the link";
  }
}
