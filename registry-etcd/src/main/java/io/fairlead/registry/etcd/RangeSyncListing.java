package io.fairlead.registry.etcd;

/** Waits for the content of the whole range. */
final class RangeSyncListing implements RangeSyncState {
  private final RangeSync sync;
  private final EtcdClient requests;
  private boolean exited;

  RangeSyncListing(RangeSync sync, EtcdClient requests) {
    this.sync = sync;
    this.requests = requests;
  }

  @Override
  public void onEnter() {
    Futures.whenComplete(
        sync.link().eventLoop(),
        requests.list(sync.range()),
        (snapshot, thrown) -> {
          if (exited) {
            return;
          }
          if (thrown == null) {
            sync.become(new RangeSyncWatching(sync, requests, snapshot));
          } else {
            sync.retry(sync.link().failureOf(requests.session(), thrown));
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
    return "reads";
  }
}
