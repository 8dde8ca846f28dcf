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
  private static final int REMEMBERED = 1000;

  /** Has keys on the lease. */
  interface User {
    void leaseGained(GrantedLease lease);

    void leaseLost(String why);

    /** Time to look whether the keys are still there. */
    void verify();
  }

  private final Link link;
  private final Backoff backoff;
  private final List<User> users = new ArrayList<>();
  private final Set<Long> ours = new LinkedHashSet<>();
  private volatile LeaseState state = new LeaseUnwanted();
  private long losses;

  LeaseKeeper(Link link) {
    this.link = link;
    this.backoff = new Backoff(Duration.ofMillis(100), link.random());
    link.add(this);
  }

  void join(User user) {
    users.add(user);
    GrantedLease lease = state.lease();
    if (lease != null) {
      user.leaseGained(lease);
    } else if (state instanceof LeaseUnwanted) {
      grant();
    }
  }

  /** The last one to leave revokes the lease; done when etcd has it, or when it cannot be told. */
  CompletableFuture<Void> leave(User user) {
    users.remove(user);
    if (!users.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    GrantedLease lease = state.lease();
    become(new LeaseUnwanted());
    Requests requests = link.requests();
    if (lease == null || requests == null) {
      return CompletableFuture.completedFuture(null);
    }
    // If this fails the lease runs out by itself.
    return requests.revoke(lease.id()).exceptionally(thrown -> null);
  }

  /** Whether this process has put a key that hangs on the lease. */
  boolean isOurs(long lease) {
    return ours.contains(lease);
  }

  void grant() {
    Requests requests = link.requests();
    become(requests == null ? new LeaseAwaited(this, -1) : new LeaseGranting(this, requests));
  }

  void granted(GrantedLease lease) {
    backoff.reset();
    ours.add(lease.id());
    if (ours.size() > REMEMBERED) {
      ours.remove(ours.iterator().next());
    }
    become(new LeaseHeld(this, lease));
    List.copyOf(users).forEach(user -> user.leaseGained(lease));
  }

  void refused(Trouble trouble) {
    LOG.log(Level.DEBUG, "no lease: {0}", trouble.getMessage());
    become(
        new LeaseAwaited(
            this, link.requests() == null ? -1 : backoff.next(link.timing().refused())));
  }

  void lost(String why) {
    losses++;
    become(new LeaseAwaited(this, -1));
    List.copyOf(users).forEach(user -> user.leaseLost(why));
    grant();
  }

  /** A put was refused because of the lease. */
  void doubt() {
    state.doubt();
  }

  void verify() {
    List.copyOf(users).forEach(User::verify);
  }

  @Override
  public void linkUp(Requests requests) {
    state.linkUp(requests);
  }

  @Override
  public void linkDown(Trouble trouble) {}

  private void become(LeaseState next) {
    state.leave();
    state = next;
    next.enter();
  }

  void close() {
    link.remove(this);
    users.clear();
    become(new LeaseUnwanted());
  }

  Link link() {
    return link;
  }

  @Nullable GrantedLease lease() {
    return state.lease();
  }

  /** How often a lease was lost. */
  long losses() {
    return losses;
  }
}
