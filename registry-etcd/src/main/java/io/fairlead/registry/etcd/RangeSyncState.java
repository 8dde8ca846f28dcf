package io.fairlead.registry.etcd;

/** Where a {@link RangeSync} stands. Methods are called on the loop. */
sealed interface RangeSyncState
    permits RangeSyncDisconnected, RangeSyncBackingOff, RangeSyncListing, RangeSyncWatching {

  /** Called once, when this has become the state of the synchronization. */
  default void onEnter() {}

  /** Called once, before another state takes over. */
  default void onExit() {}

  default void linkUp(EtcdClient client) {}

  default void linkDown(EtcdException failure) {}
}
