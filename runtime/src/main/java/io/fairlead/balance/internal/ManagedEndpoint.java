package io.fairlead.balance.internal;

import io.fairlead.balance.BalancingOptions.ConnectionLimits;
import io.fairlead.discovery.Endpoint;
import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as a channel knows it: its connections, its figures, whether it is ejected or warms
 * up.
 *
 * <p>It decides about its own connections: one more when all are full, one less when they are not
 * needed, a new one when calls on one time out. The load balancer owns it, and decides about
 * ejection by comparison with others.
 *
 * <p>Changed only in the synchronization context. Calls end on other threads; what they find there
 * ({@link #connectionSaturated}, {@link #failureObserved}) is passed to the context once, guarded
 * by the two atomic flags, however many calls find it at the same time. Picks read the volatile
 * fields.
 */
final class ManagedEndpoint {
  private static final System.Logger LOG = System.getLogger(ManagedEndpoint.class.getName());

  private final BalancerContext balancerContext;
  private final LoadStats load;
  private final OrcaLoadReports reports = new OrcaLoadReports();
  private final EjectionState ejectionState = new EjectionState();

  /**
   * All open connections, also those that are still connecting. At least one until it is closed.
   */
  private final List<Connection> connections = new ArrayList<>();

  /** The connections that are being made in the place of silent ones, by those; mostly none. */
  private final Map<Connection, Connection> successors = new HashMap<>();

  /**
   * Whether a further connection was asked for and not made yet; set by the first call that asks.
   */
  private final AtomicBoolean addingConnection = new AtomicBoolean();

  /** Whether a look at ejection waits in the context; set by the first failed call that asks. */
  private final AtomicBoolean evaluatingEjection = new AtomicBoolean();

  private EquivalentAddressGroup addresses;

  /** Replaced when the registry sends other data; pickers hold the one that they were made with. */
  private volatile EndpointHandle handle;

  /**
   * The connections that take calls, or the first one while none does. Replaced as a whole, for
   * picks.
   */
  private volatile Connection[] usable;

  /** Follows from load reports; written once a second, so that a pick does not compute it. */
  private volatile double reportedWeight;

  private volatile @Nullable String healthRemark;
  private boolean healthReported;

  /** Why it cannot be reached, for the messages of picks. */
  private volatile @Nullable Status error;

  private long slowStartSince;
  private boolean warming;

  /** Whether a connection failed since the endpoint was last ready. */
  private boolean failed;

  /** Pings without a reply; the transport counts on threads of its own. */
  private final AtomicLong missedPings = new AtomicLong();

  private volatile boolean ready;
  private volatile boolean acceptsNewCalls;

  /** The most calls in flight lately, fading by 5 % a second: what connections are needed for. */
  private double recentPeakInFlight;

  /** Its index in the present list, by which the lists of the states are ordered. */
  private int position;

  /** The number of the last list that had it; an older number means that it has left. */
  private int generation;

  ManagedEndpoint(
      Endpoint endpoint, EquivalentAddressGroup addresses, BalancerContext balancerContext) {
    this.balancerContext = balancerContext;
    this.addresses = addresses;
    this.acceptsNewCalls = acceptsNewCalls(endpoint);
    for (int i = 0; i < balancerContext.options().connections().min(); i++) {
      connections.add(new Connection(this, addresses, balancerContext));
    }
    this.usable = new Connection[] {connections.get(0)};
    this.handle = new EndpointHandle(endpoint, this);
    this.load = handle.load();
    handle.refresh();
  }

  void connect() {
    List.copyOf(connections).forEach(Connection::connect);
  }

  void close() {
    connections.forEach(Connection::close);
    successors.values().forEach(Connection::close);
  }

  /** Takes in what the registry says now; the connections stay. */
  void update(Endpoint endpoint, EquivalentAddressGroup newAddresses) {
    if (!Objects.equals(endpoint, handle.endpoint())) {
      handle = new EndpointHandle(endpoint, handle);
      acceptsNewCalls = acceptsNewCalls(endpoint);
    }
    addresses = newAddresses;
  }

  /** Whether the registry says that it is to get new calls. */
  static boolean acceptsNewCalls(Endpoint endpoint) {
    return !endpoint.draining() && endpoint.weight() > 0;
  }

  /** Whether the registry says that it is to get new calls. */
  boolean acceptsNewCalls() {
    return acceptsNewCalls;
  }

  /** Its number in the list. */
  int position() {
    return position;
  }

  /** Its position in a list, and the number of that list. */
  void position(int newPosition, int ofGeneration) {
    position = newPosition;
    generation = ofGeneration;
  }

  /** Whether it is in the list of this number. */
  boolean isInGeneration(int wanted) {
    return generation == wanted;
  }

  /** Whether it has the same addresses, so that its connections may stay. */
  boolean hasAddresses(EquivalentAddressGroup group) {
    return addresses.getAddresses().equals(group.getAddresses());
  }

  EquivalentAddressGroup addresses() {
    return addresses;
  }

  EndpointHandle handle() {
    return handle;
  }

  LoadStats load() {
    return load;
  }

  EjectionState ejection() {
    return ejectionState;
  }

  /** Whether it takes only a share of its calls. */
  boolean isWarming() {
    return warming;
  }

  double reportedWeight() {
    return reportedWeight;
  }

  /** Whether its weight is not believed because its last load report is too old. */
  boolean hasStaleReports() {
    return reports.isStale(balancerContext.nanoTime());
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

  /** Kept, and not asked of the connections: it is asked of every endpoint for every new picker. */
  boolean isReady() {
    return ready;
  }

  /** Whether new calls may go to it: it is up, wanted, and not ejected. */
  boolean isTrusted() {
    return ready && acceptsNewCalls && !ejectionState.isEjected();
  }

  /** Failing, and not known to have recovered: a new attempt to connect does not clear it. */
  boolean isFailing() {
    return failed && !ready;
  }

  /** Whether the first attempt to connect has ended, one way or the other. */
  boolean hasAttemptedConnect() {
    return failed || ready;
  }

  /** Whether it waits for the reply to a ping, or for the successor of a silent connection. */
  boolean isSilent() {
    return !ready && connections.stream().anyMatch(Connection::isSilent);
  }

  /** Returns the last failure of a connection, or null if there is none; any thread. */
  @Nullable Status error() {
    return error;
  }

  /** Returns what this side proves itself with; any thread. */
  ChannelCredentials credentials() {
    return balancerContext.helper().getChannelCredentials();
  }

  private @Nullable Status firstError() {
    return Stream.concat(connections.stream(), successors.values().stream())
        .map(Connection::error)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Takes in the present state of its connections, and begins a slow start after a failure. */
  void connectionChanged(Connection changed) {
    if (!successors.isEmpty()) {
      settleSuccession(changed);
    }
    error = firstError();
    if (changed.state() == ConnectivityState.TRANSIENT_FAILURE
        || changed.health() == Connection.Health.NOT_SERVING) {
      failed = true;
    }
    boolean wasReady = ready;
    Connection[] up = connections.stream().filter(Connection::isReady).toArray(Connection[]::new);
    ready = up.length > 0;
    usable = ready ? up : new Connection[] {connections.get(0)};
    handle.refresh();
    if (ready) {
      if (failed && !wasReady) {
        startSlowStart(balancerContext.nanoTime());
      }
      // Also of a further connection, which must not count when the endpoint is not ready later.
      failed = false;
    }
    balancerContext.endpointChanged(this);
  }

  /** One of its connections has a clear answer of its health service. */
  void healthKnown() {
    healthRemark = null;
  }

  /**
   * The watch of its health has no clear answer; said once for each endpoint.
   *
   * @return the same for people
   */
  String healthNotKnown(Status why) {
    boolean noService = why.getCode() == Status.Code.UNIMPLEMENTED;
    String said = why.getDescription() == null ? "" : " (" + why.getDescription() + ")";
    String remark = "its health is not known: Health/Watch gave " + why.getCode() + said;
    // Most stock servers have no health service, and explanations should not speak of it each time.
    healthRemark = noService ? null : remark;
    if (!healthReported) {
      healthReported = true;
      LOG.log(
          noService ? Level.INFO : Level.WARNING,
          "{0}: {1}. Calls {2}. In BalancingOptions, strictHealth(...) decides that,"
              + " watchHeader(...) sends what a server wants to see, and withoutHealth() asks for"
              + " nothing",
          this,
          remark,
          balancerContext.options().strictHealth() ? "do not go to it" : "go to it all the same");
    }
    return remark;
  }

  /** Why its health is not known; null if it is, if nobody asks, or if it has no such service. */
  @Nullable String healthRemark() {
    return healthRemark;
  }

  /** Begins a slow start, if the channel has one. */
  void startSlowStart(long sinceNanos) {
    slowStartSince = sinceNanos;
    warming = balancerContext.options().slowStart().isEnabled();
    updateSlowStartShare(balancerContext.nanoTime());
    if (warming) {
      balancerContext.warming(true);
    }
  }

  /** A connection carries all it should: one more, if the limits allow. */
  void connectionSaturated() {
    if (canAddConnection() && addingConnection.compareAndSet(false, true)) {
      balancerContext.execute(
          () -> {
            addingConnection.set(false);
            boolean allFull =
                connections.stream()
                    .allMatch(
                        c -> c.inFlight() >= balancerContext.options().connections().maxStreams());
            if (allFull && canAddConnection()) {
              addConnection();
            }
          });
    }
  }

  private boolean canAddConnection() {
    int most = balancerContext.options().connections().max();
    return most > 1 && usable.length < most;
  }

  private void addConnection() {
    if (connections.size() < balancerContext.options().connections().max()) {
      Connection added = new Connection(this, addresses, balancerContext);
      connections.add(added);
      added.connect();
    }
  }

  /** Pings vanish on it while it looks alive: a new one is to take its place. */
  void replaceSilent(Connection silent, String why) {
    Connection made = successors.get(silent);
    if (made != null) {
      connectionChanged(made); // it may have failed before keep-alive gave up the silent one
      return;
    }
    if (!connections.contains(silent)) {
      return;
    }
    LOG.log(Level.WARNING, "Making a new connection to {0}: {1}", this, why);
    Connection successor = new Connection(this, addresses, balancerContext);
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
          connections.set(connections.indexOf(silent), changed);
          silent.close();
        }
      }
    }
  }

  /** About every second. */
  void updatePeriodically(long elapsedNanos, long nowNanos) {
    load.decay(elapsedNanos, nowNanos);
    reportedWeight = reports.weight(nowNanos);
    updateSlowStartShare(nowNanos);
    if (ejectionState.endIfOver(nowNanos)) {
      LOG.log(Level.INFO, "{0} is back after ejection", this);
      load.reset();
      startSlowStart(nowNanos);
      balancerContext.endpointChanged(this);
    }
    closeSurplusConnection();
  }

  /**
   * Says how the endpoint appears after a failure or an ejection: with a growing share of its
   * calls.
   */
  private void updateSlowStartShare(long nowNanos) {
    if (warming) {
      load.share(balancerContext.options().slowStart().share(nowNanos - slowStartSince));
      warming = load.share() < 1;
    } else if (load.share() != 1) {
      load.share(1);
    }
  }

  /**
   * Gives up a connection that the calls of about the last half minute did not need: one that is
   * not ready, or the last.
   */
  private void closeSurplusConnection() {
    ConnectionLimits limits = balancerContext.options().connections();
    recentPeakInFlight = Math.max(load.inFlight(), recentPeakInFlight * 0.95);
    int n = connections.size();
    if (n > limits.min()
        && successors.isEmpty()
        && recentPeakInFlight < (n - 1) * (double) limits.maxStreams() / 2) {
      Connection surplus =
          connections.stream()
              .filter(connection -> !connection.isReady())
              .findFirst()
              .orElse(connections.get(n - 1));
      connections.remove(surplus);
      surplus.close();
      connectionChanged(connections.get(0));
    }
  }

  /** A call failed through its fault; from any thread. */
  void failureObserved() {
    int limit = balancerContext.options().outlierDetection().consecutiveFailures().orElse(0);
    if (limit > 0
        && load.consecutiveFailures() >= limit
        && evaluatingEjection.compareAndSet(false, true)) {
      balancerContext.execute(
          () -> {
            evaluatingEjection.set(false);
            if (!ejectionState.isEjected()
                && load.consecutiveFailures() >= limit
                && balancerContext.mayEjectOneMore()) {
              eject(
                  "consecutive_failures",
                  load.consecutiveFailures() + " consecutive calls failed or lost to a hedge");
            }
          });
    }
  }

  /** The comparison with others has found it. */
  void found(OutlierDetector.Verdict verdict) {
    if (verdict.ejects()) {
      eject(verdict.rule(), verdict.reason());
    } else {
      balancerContext.outlierFound(handle.hostAndPort(), verdict.rule(), false);
    }
  }

  private void eject(String rule, String why) {
    long now = balancerContext.nanoTime();
    ejectionState.eject(balancerContext.options().outlierDetection(), now);
    LOG.log(Level.WARNING, "{0} is {1}: {2}", this, ejectionState.describe(now), why);
    balancerContext.outlierFound(handle.hostAndPort(), rule, true);
    balancerContext.endpointChanged(this);
  }

  /** A connection of its stands, was lost, or did not come about. */
  void connectionReported(ConnectivityStateInfo now) {
    balancerContext.connectionChanged(handle.hostAndPort(), now);
  }

  /** A sign of life has come; any thread. */
  void heard() {
    load.heard(balancerContext.nanoTime());
  }

  /** A ping got no reply in time; any thread. */
  void pingMissed() {
    missedPings.incrementAndGet();
  }

  long missedPings() {
    return missedPings.get();
  }

  Optional<Duration> sinceHeard() {
    return load.sinceHeard(balancerContext.nanoTime());
  }

  void restartLoadReports() {
    reports.restart();
  }

  void loadReport(byte[] encoded) {
    try {
      loadReport(OrcaLoadReports.Report.read(new ByteArrayInputStream(encoded)));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "A load report of " + this + " does not parse", e);
    }
  }

  void loadReport(OrcaLoadReports.Report report) {
    reports.accept(report, balancerContext.nanoTime());
  }

  /** A name service may know of a new address; one that pushes its changes ignores this. */
  void refreshNameResolution() {
    balancerContext.helper().refreshNameResolution();
  }

  @Override
  public String toString() {
    return handle.toString();
  }
}
