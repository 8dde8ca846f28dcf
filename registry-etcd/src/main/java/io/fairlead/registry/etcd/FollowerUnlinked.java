package io.fairlead.registry.etcd;

/** Waits for the link. */
final class FollowerUnlinked implements FollowerState {
  private final Follower follower;

  FollowerUnlinked(Follower follower) {
    this.follower = follower;
  }

  @Override
  public void linkUp(Requests requests) {
    follower.become(
        follower.hasList()
            ? FollowerWaiting.spread(follower)
            : new FollowerListing(follower, requests));
  }

  @Override
  public String toString() {
    return "waits for the link";
  }
}
