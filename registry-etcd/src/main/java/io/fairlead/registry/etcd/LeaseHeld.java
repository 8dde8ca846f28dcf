package io.fairlead.registry.etcd;

import java.time.Duration;

/** The lease is ours until its time runs out, and is renewed three times within it. */
final class LeaseHeld implements LeaseState {
  private final LeaseKeeper keeper;
  private volatile GrantedLease lease;
  private EventLoop.Timer tick = EventLoop.Timer.NONE;
  private EventLoop.Timer expiry = EventLoop.Timer.NONE;
  private boolean renewing;
  private boolean exited;

  LeaseHeld(LeaseKeeper keeper, GrantedLease lease) {
    this.keeper = keeper;
    this.lease = lease;
  }

  @Override
  public void onEnter() {
    scheduleTick();
    scheduleExpiry();
  }

  @Override
  public void onExit() {
    exited = true;
    tick.cancel();
    expiry.cancel();
  }

  @Override
  public GrantedLease lease() {
    return lease;
  }

  @Override
  public void linkUp(EtcdClient client) {
    renewAndVerify();
  }

  @Override
  public void suspect() {
    renew();
  }

  private void scheduleTick() {
    Link link = keeper.link();
    Duration third = Duration.ofNanos(lease.ttlNanos() / 3);
    tick =
        link.eventLoop()
            .schedule(
                Jitter.scaled(link.random(), third, 0.8, 1.0),
                () -> {
                  scheduleTick();
                  renewAndVerify();
                });
  }

  private void scheduleExpiry() {
    expiry.cancel();
    EventLoop eventLoop = keeper.link().eventLoop();
    expiry =
        eventLoop.schedule(
            Math.max(0, lease.remainingNanos(eventLoop.nanoTime())),
            () ->
                keeper.lost(
                    "the lease "
                        + lease
                        + " was not renewed for "
                        + DurationFormat.format(Duration.ofSeconds(lease.ttlSeconds()))));
  }

  private void renewAndVerify() {
    renew();
    keeper.verify();
  }

  private void renew() {
    EtcdClient client = keeper.link().client();
    if (client == null || renewing) {
      return;
    }
    renewing = true;
    long askedAt = keeper.link().eventLoop().nanoTime();
    Duration third = Duration.ofNanos(lease.ttlNanos() / 3);
    Duration usual = keeper.link().timeouts().requestTimeout();
    Futures.whenComplete(
        keeper.link().eventLoop(),
        client.renew(lease.id(), third.compareTo(usual) < 0 ? third : usual),
        (seconds, thrown) -> {
          renewing = false;
          if (exited || thrown != null) {
            // The next tick, the link's return or the deadline goes on from here.
            return;
          }
          if (seconds <= 0) {
            keeper.lost("etcd has no lease " + lease + ": expired, revoked, or another store");
          } else {
            lease = lease.renewed(seconds, askedAt);
            scheduleExpiry();
          }
        });
  }

  @Override
  public String toString() {
    return "held " + lease;
  }
}
