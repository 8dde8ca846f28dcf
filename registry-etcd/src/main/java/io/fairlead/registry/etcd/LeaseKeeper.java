package io.fairlead.registry.etcd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one lease for all that this process has in etcd: granted when first needed, renewed, and
 * granted anew for ever when it is lost. Used on the loop alone.
 */
final class LeaseKeeper implements Link.Listener {
  private static final Logger LOG = System.getLogger(LeaseKeeper.class.getName());
  private static final int MAX_REMEMBERED_LEASES = 1000;

  /** Has keys on the lease. */
  interface Holder {
    void leaseGained(GrantedLease lease);

    void leaseLost(String why);

    /** etcd does not grant a lease; another attempt follows. */
    void leaseRefused(EtcdException failure);

    /** Time to look whether the keys are still there. */
    void verify();
  }

  private final Link link;
  private final Backoff backoff;
  private final List<Holder> holders = new ArrayList<>();
  private final Set<Long> ownLeaseIds = new LinkedHashSet<>();
  private volatile LeaseState state = new LeaseUnwanted();
  private long losses;

  LeaseKeeper(Link link) {
    this.link = link;
    this.backoff = new Backoff(Duration.ofMillis(100), link.random());
    link.add(this);
  }

  void addHolder(Holder holder) {
    holders.add(holder);
    GrantedLease lease = state.lease();
    if (lease != null) {
      holder.leaseGained(lease);
    } else if (state instanceof LeaseUnwanted) {
      grant();
    }
  }

  /** Leaves; the last one to leave revokes the lease. Done when etcd has it, or cannot be told. */
  CompletableFuture<Void> removeHolder(Holder holder) {
    holders.remove(holder);
    if (!holders.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    GrantedLease lease = state.lease();
    become(new LeaseUnwanted());
    EtcdClient client = link.client();
    if (lease == null || client == null) {
      return CompletableFuture.completedFuture(null);
    }
    // If this fails the lease runs out by itself.
    return client.revoke(lease.id()).exceptionally(thrown -> null);
  }

  /** Returns whether the keys of several holders hang on the lease, or will. */
  boolean isShared(long id) {
    GrantedLease lease = state.lease();
    return lease != null && lease.id() == id && holders.size() > 1;
  }

  /** Returns whether the present lease lives on for other keys. */
  boolean isShared() {
    return state.lease() != null && holders.size() > 1;
  }

  /** Returns whether this process has put a key that hangs on the lease. */
  boolean isOurs(long lease) {
    return ownLeaseIds.contains(lease);
  }

  void grant() {
    EtcdClient client = link.client();
    become(client == null ? new LeaseAwaited(this, -1) : new LeaseGranting(this, client));
  }

  void granted(GrantedLease lease) {
    backoff.reset();
    ownLeaseIds.add(lease.id());
    if (ownLeaseIds.size() > MAX_REMEMBERED_LEASES) {
      ownLeaseIds.remove(ownLeaseIds.iterator().next());
    }
    become(new LeaseHeld(this, lease));
    List.copyOf(holders).forEach(holder -> holder.leaseGained(lease));
  }

  void onRejected(EtcdException failure) {
    LOG.log(Level.DEBUG, "no lease: {0}", failure.getMessage());
    if (failure.isRefusal()) {
      List.copyOf(holders).forEach(holder -> holder.leaseRefused(failure));
    }
    become(
        new LeaseAwaited(
            this,
            link.client() == null ? -1 : backoff.next(link.timeouts().maxBackoffWhenRejected())));
  }

  void lost(String why) {
    losses++;
    become(new LeaseAwaited(this, -1));
    List.copyOf(holders).forEach(holder -> holder.leaseLost(why));
    grant();
  }

  /** A put was refused because of the lease. */
  void suspect() {
    state.suspect();
  }

  void verify() {
    List.copyOf(holders).forEach(Holder::verify);
  }

  @Override
  public void linkUp(EtcdClient client) {
    state.linkUp(client);
  }

  @Override
  public void linkDown(EtcdException failure) {}

  private void become(LeaseState next) {
    state.onExit();
    state = next;
    next.onEnter();
  }

  void close() {
    link.remove(this);
    holders.clear();
    become(new LeaseUnwanted());
  }

  Link link() {
    return link;
  }

  @Nullable GrantedLease lease() {
    return state.lease();
  }

  /** Returns how often a lease was lost. */
  long losses() {
    return losses;
  }
}
