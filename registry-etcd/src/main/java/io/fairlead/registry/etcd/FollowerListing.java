package io.fairlead.registry.etcd;

/** Waits for the content of the whole range. */
final class FollowerListing implements FollowerState {
  private final Follower follower;
  private final Requests requests;
  private boolean left;

  FollowerListing(Follower follower, Requests requests) {
    this.follower = follower;
    this.requests = requests;
  }

  @Override
  public void enter() {
    Later.on(
        follower.link().loop(),
        requests.list(follower.range()),
        (listing, thrown) -> {
          if (left) {
            return;
          }
          if (thrown == null) {
            follower.become(new FollowerWatching(follower, requests, listing));
          } else {
            follower.again(follower.link().troubleOf(requests.session(), thrown));
          }
        });
  }

  @Override
  public void leave() {
    left = true;
  }

  @Override
  public void linkDown(Trouble trouble) {
    follower.become(new FollowerUnlinked(follower));
  }

  @Override
  public String toString() {
    return "reads";
  }
}
