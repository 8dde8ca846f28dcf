package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as a channel knows it: its connections and figures. Changed only in the
 * synchronization context; picks read what is volatile.
 */
final class Member {
  private static final System.Logger LOG = System.getLogger(Member.class.getName());

  private final Shared shared;
  private final LoadStats load;
  private final LoadReports reports = new LoadReports();
  private final Ejection ejection = new Ejection();
  private final List<Connection> connections = new ArrayList<>();
  private final AtomicBoolean growing = new AtomicBoolean();
  private final AtomicBoolean judging = new AtomicBoolean();
  private EquivalentAddressGroup addresses;
  private volatile MemberView view;
  private volatile Connection[] usable;
  private volatile double reportedWeight;
  private long warmSince;
  private boolean warming;
  private boolean failed;
  private boolean ready;
  private boolean wantsCalls;
  private double busiest;
  private int place;
  private int round;

  Member(Endpoint endpoint, EquivalentAddressGroup addresses, Shared shared) {
    this.shared = shared;
    this.addresses = addresses;
    this.wantsCalls = wantsCalls(endpoint);
    for (int i = 0; i < shared.options().connections().least(); i++) {
      connections.add(new Connection(this, addresses, shared));
    }
    this.usable = new Connection[] {connections.get(0)};
    this.view = new MemberView(endpoint, this);
    this.load = view.load();
    view.refresh();
  }

  void connect() {
    List.copyOf(connections).forEach(Connection::connect);
  }

  void close() {
    connections.forEach(Connection::close);
  }

  /** Takes in what the registry says now; the connections stay. */
  void update(Endpoint endpoint, EquivalentAddressGroup newAddresses) {
    if (!Objects.equals(endpoint, view.endpoint())) {
      view = new MemberView(endpoint, view);
      wantsCalls = wantsCalls(endpoint);
    }
    addresses = newAddresses;
  }

  private static boolean wantsCalls(Endpoint endpoint) {
    return !endpoint.draining() && endpoint.weight() > 0;
  }

  /** Whether the registry says that it is to get new calls. */
  boolean wantsCalls() {
    return wantsCalls;
  }

  /** Its number in the list. */
  int place() {
    return place;
  }

  /** Its place in a list, and the number of that list. */
  void place(int newPlace, int ofRound) {
    place = newPlace;
    round = ofRound;
  }

  /** Whether it is in the list of this number. */
  boolean isOf(int wantedRound) {
    return round == wantedRound;
  }

  /** Whether it lives at the same place, so that its connections may stay. */
  boolean livesAt(EquivalentAddressGroup group) {
    return addresses.getAddresses().equals(group.getAddresses());
  }

  EquivalentAddressGroup addresses() {
    return addresses;
  }

  MemberView view() {
    return view;
  }

  LoadStats load() {
    return load;
  }

  Ejection ejection() {
    return ejection;
  }

  /** Whether it takes only a share of its calls. */
  boolean isWarming() {
    return warming;
  }

  double reportedWeight() {
    return reportedWeight;
  }

  /** The connection that all calls go to; null while there are several. */
  @Nullable Connection onlyConnection() {
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

  /** Kept, and not asked of the connections: it is asked of every member for every new picker. */
  boolean isReady() {
    return ready;
  }

  /** Failing, and not known to have recovered: a new attempt to connect does not clear it. */
  boolean isFailing() {
    return failed && !ready;
  }

  /** Whether the first attempt to connect has ended, one way or the other. */
  boolean isSettled() {
    return failed || ready;
  }

  @Nullable Status error() {
    for (Connection connection : connections) {
      if (connection.error() != null) {
        return connection.error();
      }
    }
    return null;
  }

  void connectionChanged(Connection changed) {
    if (changed.state() == ConnectivityState.TRANSIENT_FAILURE
        || changed.health() == Connection.Health.NOT_SERVING) {
      failed = true;
    }
    boolean wasReady = ready;
    Connection[] up = connections.stream().filter(Connection::isReady).toArray(Connection[]::new);
    ready = up.length > 0;
    usable = ready ? up : new Connection[] {connections.get(0)};
    view.refresh();
    if (ready && !wasReady) {
      if (failed) {
        warmUp(shared.nanoTime());
      }
      failed = false;
    }
    shared.changed(this);
  }

  /** Begins a slow start, if the channel has one. */
  void warmUp(long sinceNanos) {
    warmSince = sinceNanos;
    warming = !shared.options().slowStart().window().isZero();
    tickShare(shared.nanoTime());
    if (warming) {
      shared.warming(true);
    }
  }

  /** A connection carries all it should: one more, if the limits allow. */
  void full() {
    if (connectionsMayGrow() && growing.compareAndSet(false, true)) {
      shared.later(
          () -> {
            growing.set(false);
            boolean allFull =
                connections.stream()
                    .allMatch(c -> c.inFlight() >= shared.options().connections().streams());
            if (allFull && connectionsMayGrow()) {
              add();
            }
          });
    }
  }

  private boolean connectionsMayGrow() {
    int most = shared.options().connections().most();
    return most > 1 && usable.length < most;
  }

  private void add() {
    if (connections.size() < shared.options().connections().most()) {
      Connection added = new Connection(this, addresses, shared);
      connections.add(added);
      added.connect();
    }
  }

  /** Calls vanish on it while it looks alive: a new one takes its place. */
  void stalled(Connection stalled, int misses) {
    if (!connections.remove(stalled)) {
      return;
    }
    LOG.log(
        Level.WARNING,
        "Replacing the connection to {0}: {1} calls in a row missed their deadline on it",
        this,
        misses);
    stalled.close();
    failed = true;
    Connection added = new Connection(this, addresses, shared);
    connections.add(added);
    // First, as calls may choose it from the moment on which it is usable.
    added.connect();
    connectionChanged(added);
  }

  /** About every second. */
  void tick(long elapsedNanos, long nowNanos) {
    load.fade(elapsedNanos, nowNanos);
    reportedWeight = reports.weight(nowNanos);
    tickShare(nowNanos);
    if (ejection.endIfOver(shared.options().outliers(), nowNanos)) {
      LOG.log(Level.INFO, "{0} is back after ejection", this);
      load.forgive();
      warmUp(nowNanos);
      shared.changed(this);
    }
    shrink();
  }

  private void tickShare(long nowNanos) {
    if (warming) {
      load.share(shared.options().slowStart().share(nowNanos - warmSince));
      warming = load.share() < 1;
    } else if (load.share() != 1) {
      load.share(1);
    }
  }

  /** Gives up a connection that the calls of about the last half minute did not need. */
  private void shrink() {
    ConnectionLimits limits = shared.options().connections();
    busiest = Math.max(load.inFlight(), busiest * 0.95);
    int n = connections.size();
    if (n > limits.least() && busiest < (n - 1) * (double) limits.streams() / 2) {
      Connection last = connections.remove(n - 1);
      last.close();
      connectionChanged(connections.get(0));
    }
  }

  /** A call failed through its fault; from any thread. */
  void faultSeen() {
    int limit = shared.options().outliers().consecutiveFailures();
    if (limit > 0 && load.consecutiveFaults() >= limit && judging.compareAndSet(false, true)) {
      shared.later(
          () -> {
            judging.set(false);
            if (!ejection.isEjected()
                && load.consecutiveFaults() >= limit
                && shared.mayEjectOneMore()) {
              eject(load.consecutiveFaults() + " calls in a row failed or were overtaken");
            }
          });
    }
  }

  void eject(String why) {
    LOG.log(Level.WARNING, "{0} is ejected: {1}", this, why);
    ejection.eject(shared.nanoTime());
    shared.changed(this);
  }

  void restartLoadReports() {
    reports.restart();
  }

  void loadReport(byte[] encoded) {
    try {
      loadReport(LoadReports.Report.read(new ByteArrayInputStream(encoded)));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "A load report of " + this + " does not parse", e);
    }
  }

  void loadReport(LoadReports.Report report) {
    reports.accept(report, shared.nanoTime());
  }

  /** A name service may know of a new address; one that pushes its changes ignores this. */
  void refreshNames() {
    shared.helper().refreshNameResolution();
  }

  @Override
  public String toString() {
    return view.toString();
  }
}
