package io.fairlead.registry.etcd;

/** Waits for the link. */
final class RangeSyncDisconnected implements RangeSyncState {
  private final RangeSync sync;

  RangeSyncDisconnected(RangeSync sync) {
    this.sync = sync;
  }

  @Override
  public void linkUp(EtcdClient client) {
    sync.become(
        sync.hasList() ? RangeSyncBackingOff.spread(sync) : new RangeSyncListing(sync, client));
  }

  @Override
  public String toString() {
    return "disconnected";
  }
}
