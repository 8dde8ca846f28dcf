package io.fairlead.balance.internal;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.algorithm.KeyHash;
import io.fairlead.internal.ImmutableArrayList;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.resolve.EndpointAttributes;
import io.fairlead.policy.BalancerSpec;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps connections to the endpoints of a service, and publishes a picker whenever something has
 * changed.
 *
 * <p>It is given lists by the name resolver, and changes by its endpoints. Changes that wait
 * together in the synchronization context make one update. A few changes are worked into the states
 * before; more of them, or a new list, make all states anew. Once a second it lets figures fade,
 * ends ejections, and at each interval looks for outliers.
 *
 * <p>Runs in the channel's synchronization context, so it needs no lock. grpc-java makes it and
 * shuts it down: with the channel, or when the channel becomes idle.
 */
final class FairleadLoadBalancer extends LoadBalancer implements BalancerContext.Listener {
  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int UNKNOWN = -1;

  /** With more changes at once than this, going through all endpoints is less work. */
  private static final int MAX_INCREMENTAL_CHANGES = 16;

  private final Helper helper;
  private final BalancerContext balancerContext;
  private final BalancerCache policies;

  /**
   * Stands for the client where it has no id, so that its subset is stable while the channel lives.
   */
  private final long ownSeed;

  /** The options of the channel itself; a service config may replace or complete them. */
  private final BalancingOptions channelOptions;

  private @Nullable ScheduledHandle ticking;
  private long nextOutlierDetection;
  private final EndpointTable table;

  /** Endpoints that changed since the last update, in the order of their changes. */
  private final Set<ManagedEndpoint> changed = new LinkedHashSet<>(2);

  /** The number of ejected endpoints, or {@link #UNKNOWN} after a change. */
  private int ejected = UNKNOWN;

  /** How many could take the calls of an ejected one, known when {@link #ejected} is. */
  private int trusted;

  private EndpointStates states =
      EndpointStates.empty("the first list of endpoints has not come yet", true);
  private @Nullable FairleadPicker picker;

  /** Whether the options changed with the last list, so that equal states need a new picker too. */
  private boolean reconfigured;

  /** Whether an update waits in the synchronization context. */
  private boolean publishing;

  private boolean closed;

  FairleadLoadBalancer(Helper helper, ClockAndRandom clockAndRandom) {
    this.helper = helper;
    this.balancerContext = new BalancerContext(helper, clockAndRandom, this);
    this.policies = new BalancerCache(balancerContext);
    this.table = new EndpointTable(balancerContext);
    this.ownSeed = clockAndRandom.randomBits().getAsLong();
    ChannelTarget target = balancerContext.target();
    this.channelOptions = target == null ? BalancingOptions.DEFAULT : target.balancing();
  }

  @Override
  public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
    BalancingOptions options = configured(resolved.getLoadBalancingPolicyConfig());
    reconfigured = table.hasReceivedList() && !options.equals(balancerContext.options());
    balancerContext.options(options);
    if (resolved.getAddresses().isEmpty()) {
      String why = resolved.getAttributes().get(EndpointAttributes.WHY_EMPTY);
      table.closeAll();
      showEndpoints();
      publish(EndpointStates.empty(why == null ? "the list of endpoints is empty" : why, false));
      // A registry's word is final; a name service that has no address yet is asked again.
      return why == null
          ? Status.UNAVAILABLE.withDescription("the list of endpoints is empty")
          : Status.OK;
    }
    List<EquivalentAddressGroup> groups = resolved.getAddresses();
    if (options.subset().isPresent()) {
      long client = options.clientId().map(KeyHash::ofText).orElse(ownSeed);
      groups = RendezvousSubset.of(groups, options.subset().getAsInt(), options.zone(), client);
    }
    table.accept(groups);
    startTicking();
    update();
    return Status.OK;
  }

  /** What a service config says, and the channel's own options where it says nothing. */
  private BalancingOptions configured(@Nullable Object config) {
    if (config instanceof BalancerSpec balancer) {
      return channelOptions.toBuilder().balancer(balancer).build();
    }
    if (!(config instanceof BalancingOptions options)) {
      return channelOptions;
    }
    // Headers may be secrets, which a service config does not carry; and it makes nothing less
    // strict than the program wants it.
    BalancingOptions.Builder all =
        options.toBuilder().strictHealth(options.strictHealth() || channelOptions.strictHealth());
    channelOptions.watchHeaders().forEach(all::watchHeader);
    return all.build();
  }

  @Override
  public void handleNameResolutionError(Status error) {
    // Connections that work are worth more than a name service that does not.
    if (table.current().isEmpty()) {
      String why = error.getDescription();
      publish(EndpointStates.empty(why == null ? error.toString() : why, false));
    }
  }

  @Override
  public void requestConnection() {
    // Every endpoint connects by itself.
  }

  @Override
  public void shutdown() {
    closed = true;
    if (ticking != null) {
      ticking.cancel();
    }
    policies.shutdown();
    table.closeAll();
    showEndpoints();
  }

  /** Lets people and metrics see the endpoints. */
  private void showEndpoints() {
    ChannelTarget target = balancerContext.target();
    if (target != null) {
      List<ManagedEndpoint> serving = table.serving();
      EndpointView[] handles = new EndpointView[serving.size()];
      for (int i = 0; i < handles.length; i++) {
        handles[i] = serving.get(i).handle();
      }
      target.endpoints(ImmutableArrayList.of(handles));
    }
  }

  @Override
  public void endpointChanged(ManagedEndpoint managed) {
    ejected = UNKNOWN;
    changed.add(managed);
    // Several changes that are waiting in the context make one update.
    if (!publishing && !closed) {
      publishing = true;
      helper.getSynchronizationContext().execute(this::takeChanges);
    }
  }

  private void takeChanges() {
    publishing = false;
    if (closed) {
      return;
    }
    EndpointStates next = incrementalUpdate();
    if (next == null) {
      update();
    } else {
      changed.clear();
      publish(next);
    }
  }

  /** The states after the changes, if they are few and depend on nobody else; or null. */
  private @Nullable EndpointStates incrementalUpdate() {
    if (table.hasRetiring() || changed.size() > MAX_INCREMENTAL_CHANGES) {
      return null;
    }
    @Nullable EndpointStates next = states;
    for (ManagedEndpoint managed : changed) {
      if (next != null && table.contains(managed)) {
        next = next.withChanges(managed, balancerContext.options().panicThreshold());
      }
    }
    return next;
  }

  /** Asked again for each failure where many are in trouble, so counted once for each change. */
  @Override
  public boolean mayEjectOneMore() {
    List<ManagedEndpoint> all = table.serving();
    if (ejected == UNKNOWN) {
      ejected = (int) all.stream().filter(managed -> managed.ejection().isEjected()).count();
      trusted = (int) all.stream().filter(ManagedEndpoint::isTrusted).count();
    }
    // Whose calls no other could take is not ejected: that would be an outage of our own making.
    return trusted > 1
        && OutlierDetector.mayEject(
            balancerContext.options().outlierDetection().maxPercent(), all.size(), ejected);
  }

  private void update() {
    table.retireIfReplaced();
    showEndpoints();
    changed.clear();
    ejected = UNKNOWN;
    publish(
        EndpointStates.of(
            helper.getAuthority(),
            table.serving(),
            balancerContext.options().panicThreshold(),
            states));
  }

  private void publish(EndpointStates next) {
    if (picker != null && !reconfigured && next.sameAs(states)) {
      return;
    }
    reconfigured = false;
    states = next;
    rebuild();
  }

  /** Makes a picker, with pickers for all specs that the one before had been asked for. */
  private void rebuild() {
    Set<BalancerSpec> inUse = new HashSet<>(picker == null ? Set.of() : picker.inUse());
    inUse.add(balancerContext.options().balancer());
    picker = new FairleadPicker(states, policies, balancerContext, inUse);
    helper.updateBalancingState(state(states), picker);
  }

  private void startTicking() {
    if (ticking == null) {
      nextOutlierDetection =
          balancerContext.nanoTime()
              + balancerContext.options().outlierDetection().interval().toNanos();
      ticking =
          helper
              .getSynchronizationContext()
              .scheduleWithFixedDelay(
                  this::tick,
                  TICK_NANOS,
                  TICK_NANOS,
                  TimeUnit.NANOSECONDS,
                  helper.getScheduledExecutorService());
    }
  }

  /** Once a second: lets figures fade, ends ejections and slow starts, looks for outliers. */
  private void tick() {
    long now = balancerContext.nanoTime();
    boolean warming = false;
    for (ManagedEndpoint managed : table.current()) {
      managed.updatePeriodically(TICK_NANOS, now);
      warming |= managed.isWarming();
    }
    balancerContext.warming(warming);
    if (now - nextOutlierDetection >= 0) {
      nextOutlierDetection =
          now + balancerContext.options().outlierDetection().interval().toNanos();
      detectOutliers();
    }
    if (!states.usable().isEmpty() && policies.needsPeriodicRefresh()) {
      rebuild();
    }
  }

  private void detectOutliers() {
    List<OutlierDetector.Sample> samples = new ArrayList<>();
    for (ManagedEndpoint managed : table.current()) {
      samples.add(
          new OutlierDetector.Sample(
              managed.handle().id(), managed.ejection().isEjected(), managed.load().takeWindow()));
    }
    Map<String, OutlierDetector.Verdict> out =
        OutlierDetector.decide(balancerContext.options().outlierDetection(), samples);
    for (ManagedEndpoint managed : table.current()) {
      OutlierDetector.Verdict verdict = out.get(managed.handle().id());
      if (verdict != null) {
        managed.found(verdict);
      }
      if (verdict == null || !verdict.ejects()) {
        managed.ejection().intervalPassed();
      }
    }
  }

  private static ConnectivityState state(EndpointStates states) {
    return !states.usable().isEmpty()
        ? ConnectivityState.READY
        : states.waiting() ? ConnectivityState.CONNECTING : ConnectivityState.TRANSIENT_FAILURE;
  }

  @Override
  public String toString() {
    return "FairleadLoadBalancer["
        + balancerContext.options().balancer()
        + ", endpoints="
        + table.current()
        + "]";
  }
}
