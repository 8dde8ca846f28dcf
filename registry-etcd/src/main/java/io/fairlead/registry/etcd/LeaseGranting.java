package io.fairlead.registry.etcd;

/** A lease was asked for. */
final class LeaseGranting implements LeaseState {
  private final LeaseKeeper keeper;
  private final EtcdClient client;
  private boolean exited;

  LeaseGranting(LeaseKeeper keeper, EtcdClient client) {
    this.keeper = keeper;
    this.client = client;
  }

  @Override
  public void onEnter() {
    Futures.whenComplete(
        keeper.link().eventLoop(),
        client.grant(keeper.link().timeouts().ttl()),
        (lease, thrown) -> {
          if (exited) {
            return;
          }
          if (thrown == null) {
            keeper.granted(lease);
          } else {
            keeper.onRejected(keeper.link().failureOf(client.session(), thrown));
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
