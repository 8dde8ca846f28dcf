package io.fairlead.registry.etcd;

/** Waits for the content of the whole range. */
final class RangeSyncListing implements RangeSyncState {
  private final RangeSync sync;
  private final EtcdClient client;
  private boolean exited;

  RangeSyncListing(RangeSync sync, EtcdClient client) {
    this.sync = sync;
    this.client = client;
  }

  @Override
  public void onEnter() {
    Futures.whenComplete(
        sync.link().eventLoop(),
        client.list(sync.range()),
        (snapshot, thrown) -> {
          if (exited) {
            return;
          }
          if (thrown == null) {
            sync.become(new RangeSyncWatching(sync, client, snapshot));
          } else {
            sync.retry(sync.link().failureOf(client.session(), thrown));
          }
        });
  }

  @Override
  public void onExit() {
    exited = true;
  }

  @Override
  public void linkDown(EtcdException failure) {
    sync.become(new RangeSyncDisconnected(sync));
  }

  @Override
  public String toString() {
    return "listing";
  }
}
