package io.fairlead.registry.etcd;

/** A lease was asked for. */
final class LeaseGranting implements LeaseState {
  private final LeaseKeeper keeper;
  private final EtcdClient requests;
  private boolean exited;

  LeaseGranting(LeaseKeeper keeper, EtcdClient requests) {
    this.keeper = keeper;
    this.requests = requests;
  }

  @Override
  public void onEnter() {
    Futures.whenComplete(
        keeper.link().eventLoop(),
        requests.grant(keeper.link().timeouts().ttl()),
        (lease, thrown) -> {
          if (exited) {
            return;
          }
          if (thrown == null) {
            keeper.granted(lease);
          } else {
            keeper.onRejected(keeper.link().failureOf(requests.session(), thrown));
          }
        });
  }

  @Override
  public void onExit() {
    exited = true;
  }

  @Override
  public String toString() {
    return "asked for";
  }
}
