package io.fairlead.balance.internal;

import io.fairlead.discovery.Endpoint;
import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as a channel knows it: its connections, its figures, whether it is ejected or warms
 * up.
 *
 * <p>Each of its concerns has a class: {@link EndpointConnections}, {@link Reachability}, {@link
 * EjectionState}, {@link SlowStartState}, {@link LoadStats}. The load balancer owns it, and decides
 * about ejection by comparison with others.
 *
 * <p>Changed only in the synchronization context. Calls end on other threads; a failure that they
 * find there ({@link #failureObserved}) is passed to the context once, guarded by an atomic flag,
 * however many calls find it at the same time. Picks read the volatile fields.
 */
final class ManagedEndpoint {
  private static final System.Logger LOG = System.getLogger(ManagedEndpoint.class.getName());

  private final BalancerContext balancerContext;
  private final LoadStats load;
  private final OrcaLoadReports reports = new OrcaLoadReports();
  private final EjectionState ejectionState = new EjectionState();
  private final SlowStartState slowStart;
  private final EndpointConnections connections;

  /** Whether a look at ejection waits in the context; set by the first failed call that asks. */
  private final AtomicBoolean evaluatingEjection = new AtomicBoolean();

  private EquivalentAddressGroup addresses;

  /** Replaced when the registry sends other data; pickers hold the one that they were made with. */
  private volatile EndpointHandle handle;

  /** Follows from load reports; written once a second, so that a pick does not compute it. */
  private volatile double reportedWeight;

  private volatile @Nullable String healthRemark;
  private boolean healthReported;

  /** Why it cannot be reached, for the messages of picks. */
  private volatile @Nullable Status error;

  /** Pings without a reply; the transport counts on threads of its own. */
  private final AtomicLong missedPings = new AtomicLong();

  /** Kept, and not asked of the connections: it is asked of every endpoint for every new picker. */
  private volatile Reachability reachability = Reachability.CONNECTING;

  private volatile boolean acceptsNewCalls;

  /** Its index in the present list, by which the lists of the states are ordered. */
  private int position;

  /** The number of the last list that had it; an older number means that it has left. */
  private int generation;

  ManagedEndpoint(
      Endpoint endpoint, EquivalentAddressGroup addresses, BalancerContext balancerContext) {
    this.balancerContext = balancerContext;
    this.addresses = addresses;
    this.acceptsNewCalls = acceptsNewCalls(endpoint);
    this.handle = new EndpointHandle(endpoint, this);
    this.load = handle.load();
    this.slowStart = new SlowStartState(balancerContext.options().slowStart(), load);
    this.connections = new EndpointConnections(this, balancerContext);
    handle.refresh();
  }

  void connect() {
    connections.connect();
  }

  void close() {
    connections.close();
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
    return slowStart.isWarming();
  }

  double reportedWeight() {
    return reportedWeight;
  }

  /** Whether its weight is not believed because its last load report is too old. */
  boolean hasStaleReports() {
    return reports.isStale(balancerContext.nanoTime());
  }

  EndpointConnections connections() {
    return connections;
  }

  /** Whether a connection takes calls. */
  boolean isReady() {
    return reachability == Reachability.READY;
  }

  /** Whether new calls may go to it: it is up, wanted, and not ejected. */
  boolean isTrusted() {
    return isReady() && acceptsNewCalls && !ejectionState.isEjected();
  }

  /** Failing, and not known to have recovered: a new attempt to connect does not clear it. */
  boolean isFailing() {
    return reachability == Reachability.FAILING;
  }

  /** Whether the first attempt to connect has ended, one way or the other. */
  boolean hasAttemptedConnect() {
    return reachability != Reachability.CONNECTING;
  }

  /** Whether it waits for the reply to a ping, or for the successor of a silent connection. */
  boolean isSilent() {
    return !isReady() && connections.anySilent();
  }

  /** Returns the last failure of a connection, or null if there is none; any thread. */
  @Nullable Status error() {
    return error;
  }

  /** Returns what this side proves itself with; any thread. */
  ChannelCredentials credentials() {
    return balancerContext.helper().getChannelCredentials();
  }

  /** Takes in the present state of a connection, and begins a slow start after a failure. */
  void connectionChanged(Connection changed) {
    boolean anyReady = connections.changed(changed);
    error = connections.firstError();
    Reachability before = reachability;
    reachability = before.after(anyReady, changed.isFailing());
    handle.refresh();
    if (before == Reachability.FAILING && isReady()) {
      startSlowStart(balancerContext.nanoTime());
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
    if (slowStart.start(sinceNanos, balancerContext.nanoTime())) {
      balancerContext.warming(true);
    }
  }

  /** About every second. */
  void updatePeriodically(long elapsedNanos, long nowNanos) {
    load.decay(elapsedNanos, nowNanos);
    reportedWeight = reports.weight(nowNanos);
    slowStart.update(nowNanos);
    if (ejectionState.endIfOver(nowNanos)) {
      LOG.log(Level.INFO, "{0} is back after ejection", this);
      load.reset();
      startSlowStart(nowNanos);
      balancerContext.endpointChanged(this);
    }
    connections.closeSurplus(load.inFlight());
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
            if (!ejectionState.isEjected() && load.consecutiveFailures() >= limit) {
              foundByFailures();
            }
          });
    }
  }

  private void foundByFailures() {
    String rule = "consecutive_failures";
    if (balancerContext.mayEjectOneMore()) {
      eject(rule, load.consecutiveFailures() + " consecutive calls failed or lost to a hedge");
    } else if (ejectionState.spare()) {
      // Once an interval, as the other rules: each further failure finds it again.
      balancerContext.outlierFound(handle.hostAndPort(), rule, false);
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
