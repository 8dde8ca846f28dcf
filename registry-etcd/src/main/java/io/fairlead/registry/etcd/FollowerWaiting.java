package io.fairlead.registry.etcd;

import java.time.Duration;

/** Pauses before the range is read again. */
final class FollowerWaiting implements FollowerState {
  static final Duration FIRST_PAUSE = Duration.ofMillis(50);

  /** Many processes lose etcd, and find it again, in the same moment. */
  private static final Duration SPREAD = Duration.ofMillis(200);

  private final Follower follower;
  private final long pauseNanos;
  private Loop.Timer timer = Loop.Timer.NONE;

  private FollowerWaiting(Follower follower, long pauseNanos) {
    this.follower = follower;
    this.pauseNanos = pauseNanos;
  }

  static FollowerWaiting spread(Follower follower) {
    return new FollowerWaiting(
        follower, Jitter.between(follower.link().random(), 0, SPREAD.toNanos()));
  }

  static FollowerWaiting after(Follower follower, Trouble trouble, Backoff backoff) {
    Timing timing = follower.link().timing();
    boolean refused = trouble.kind() == Trouble.Kind.DENIED || trouble.kind() == Trouble.Kind.OTHER;
    return new FollowerWaiting(follower, backoff.next(refused ? timing.refused() : timing.retry()));
  }

  @Override
  public void enter() {
    timer = follower.link().loop().schedule(pauseNanos, this::read);
  }

  private void read() {
    Requests requests = follower.requests();
    follower.become(
        requests == null
            ? new FollowerUnlinked(follower)
            : new FollowerListing(follower, requests));
  }

  @Override
  public void leave() {
    timer.cancel();
  }

  @Override
  public void linkDown(Trouble trouble) {
    follower.become(new FollowerUnlinked(follower));
  }

  @Override
  public String toString() {
    return "pauses";
  }
}
