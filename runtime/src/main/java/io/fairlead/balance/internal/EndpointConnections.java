package io.fairlead.balance.internal;

import io.fairlead.balance.BalancingOptions.ConnectionLimits;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one endpoint: one more when all are full, one less when they are not needed, a
 * new one in the place of one that is silent.
 *
 * <p>Changed only in the synchronization context. {@link #saturated} is called by calls as they
 * start, on any thread, and passes on one request however many calls ask at the same time. Picks
 * read the volatile array.
 */
final class EndpointConnections {
  private static final System.Logger LOG = System.getLogger(EndpointConnections.class.getName());

  private static final Connection[] NONE = {};

  private final ManagedEndpoint owner;
  private final BalancerContext balancerContext;
  private final ConnectionLimits limits;

  /**
   * All open connections, also those that are still connecting. At least one until they are closed.
   */
  private final List<Connection> open = new ArrayList<>(1);

  /** The connections that are being made in the place of silent ones, by those; mostly none. */
  private final Map<Connection, Connection> successors = new HashMap<>();

  /**
   * Whether a further connection was asked for and not made yet; set by the first call that asks.
   */
  private final AtomicBoolean adding = new AtomicBoolean();

  /**
   * The connections that take calls, or the first one while none does. Replaced as a whole, for
   * picks.
   */
  private volatile Connection[] usable;

  /** The most calls in flight lately, fading by 5 % a second: what connections are needed for. */
  private double recentPeakInFlight;

  EndpointConnections(ManagedEndpoint owner, BalancerContext balancerContext) {
    this.owner = owner;
    this.balancerContext = balancerContext;
    this.limits = balancerContext.options().connections();
    for (int i = 0; i < limits.min(); i++) {
      open.add(make());
    }
    this.usable = new Connection[] {open.get(0)};
  }

  private Connection make() {
    return new Connection(owner, owner.addresses(), balancerContext);
  }

  void connect() {
    for (Connection connection : List.copyOf(open)) {
      connection.connect();
    }
  }

  void close() {
    open.forEach(Connection::close);
    successors.values().forEach(Connection::close);
  }

  /** The only connection that takes calls; null while there are several. */
  @Nullable Connection only() {
    Connection[] all = usable;
    return all.length == 1 ? all[0] : null;
  }

  /** The connection with the fewest calls. */
  Connection leastBusy() {
    Connection[] all = usable;
    Connection best = all[0];
    for (int i = 1; i < all.length; i++) {
      if (all[i].inFlight() < best.inFlight()) {
        best = all[i];
      }
    }
    return best;
  }

  /** Whether one waits for the reply to a ping, or for its successor. */
  boolean anySilent() {
    for (Connection connection : open) {
      if (connection.isSilent()) {
        return true;
      }
    }
    return false;
  }

  /** The last failure of one of them; null if there is none. */
  @Nullable Status firstError() {
    Status first = firstError(open);
    return first == null ? firstError(successors.values()) : first;
  }

  private static @Nullable Status firstError(Iterable<Connection> connections) {
    for (Connection connection : connections) {
      if (connection.error() != null) {
        return connection.error();
      }
    }
    return null;
  }

  /**
   * Takes in the present state of one of them.
   *
   * @return whether any may take calls now
   */
  boolean changed(Connection connection) {
    if (!successors.isEmpty()) {
      settleSuccession(connection);
    }
    List<Connection> up = new ArrayList<>(open.size());
    for (Connection each : open) {
      if (each.isReady()) {
        up.add(each);
      }
    }
    boolean ready = !up.isEmpty();
    usable = ready ? up.toArray(NONE) : new Connection[] {open.get(0)};
    return ready;
  }

  /** A connection carries all it should: one more, if the limits allow. */
  void saturated() {
    if (mayAdd() && adding.compareAndSet(false, true)) {
      balancerContext.execute(
          () -> {
            adding.set(false);
            if (mayAdd() && open.stream().allMatch(c -> c.inFlight() >= limits.maxStreams())) {
              add();
            }
          });
    }
  }

  private boolean mayAdd() {
    return limits.max() > 1 && usable.length < limits.max();
  }

  private void add() {
    if (open.size() < limits.max()) {
      Connection added = make();
      open.add(added);
      added.connect();
    }
  }

  /** Pings vanish on it while it looks alive: a new one is to take its place. */
  void replaceSilent(Connection silent, String why) {
    Connection made = successors.get(silent);
    if (made != null) {
      owner.connectionChanged(made); // it may have failed before keep-alive gave up the silent one
      return;
    }
    if (!open.contains(silent)) {
      return;
    }
    LOG.log(Level.WARNING, "Making a new connection to {0}: {1}", owner, why);
    Connection successor = make();
    successors.put(silent, successor);
    successor.connect();
  }

  /**
   * A silent connection is given up when its successor is ready for calls, and kept if it speaks
   * first. Of one that keep-alive found silent, calls may have no deadline: it is given up as soon
   * as its successor stands, whatever the server says of its health, or fails.
   */
  private void settleSuccession(Connection changed) {
    Connection unneeded = changed.isSilent() ? null : successors.remove(changed);
    if (unneeded != null) {
      unneeded.close();
    } else {
      boolean decided =
          changed.state() == ConnectivityState.READY
              || changed.state() == ConnectivityState.TRANSIENT_FAILURE;
      for (Connection silent : List.copyOf(successors.keySet())) {
        if ((changed.isReady() || (decided && silent.missedKeepAlive()))
            && successors.remove(silent, changed)) {
          open.set(open.indexOf(silent), changed);
          silent.close();
        }
      }
    }
  }

  /**
   * Gives up a connection that the calls of about the last half minute did not need: one that is
   * not ready, or the last. Called about every second.
   */
  void closeSurplus(int inFlight) {
    recentPeakInFlight = Math.max(inFlight, recentPeakInFlight * 0.95);
    int n = open.size();
    if (n > limits.min()
        && successors.isEmpty()
        && recentPeakInFlight < (n - 1) * (double) limits.maxStreams() / 2) {
      Connection surplus =
          open.stream()
              .filter(connection -> !connection.isReady())
              .findFirst()
              .orElse(open.get(n - 1));
      open.remove(surplus);
      surplus.close();
      owner.connectionChanged(open.get(0));
    }
  }
}
