package io.fairlead.registry.etcd;

/** A lease was asked for. */
final class LeaseGranting implements LeaseState {
  private final LeaseKeeper keeper;
  private final Requests requests;
  private boolean left;

  LeaseGranting(LeaseKeeper keeper, Requests requests) {
    this.keeper = keeper;
    this.requests = requests;
  }

  @Override
  public void enter() {
    Later.on(
        keeper.link().loop(),
        requests.grant(keeper.link().timing().ttl()),
        (lease, thrown) -> {
          if (left) {
            return;
          }
          if (thrown == null) {
            keeper.granted(lease);
          } else {
            keeper.refused(keeper.link().troubleOf(requests.session(), thrown));
          }
        });
  }

  @Override
  public void leave() {
    left = true;
  }

  @Override
  public String toString() {
    return "asked for";
  }
}
