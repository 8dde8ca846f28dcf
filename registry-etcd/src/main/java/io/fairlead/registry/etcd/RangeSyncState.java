package io.fairlead.registry.etcd;

/** What a follower is doing. */
sealed interface RangeSyncState
    permits RangeSyncDisconnected, RangeSyncBackingOff, RangeSyncListing, RangeSyncWatching {

  /** Called once, when this has become the follower's state. */
  default void onEnter() {}

  /** Called once, before another state takes over. */
  default void onExit() {}

  default void linkUp(EtcdClient requests) {}

  default void linkDown(EtcdException failure) {}
}
