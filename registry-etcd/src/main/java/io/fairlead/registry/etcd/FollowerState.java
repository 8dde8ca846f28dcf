package io.fairlead.registry.etcd;

/** What a follower is doing. */
sealed interface FollowerState
    permits FollowerUnlinked, FollowerWaiting, FollowerListing, FollowerWatching {

  /** Called once, when this has become the follower's state. */
  default void enter() {}

  /** Called once, before another state takes over. */
  default void leave() {}

  default void linkUp(Requests requests) {}

  default void linkDown(Trouble trouble) {}
}
