package io.fairlead.balance.internal;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.resolve.RegistryNameResolverProvider;
import io.fairlead.observe.CallObserver;
import io.grpc.ConnectivityStateInfo;
import io.grpc.LoadBalancer.Helper;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What all endpoints of one channel have in common: grpc-java's helper, the clock, the options, the
 * number of calls under way.
 *
 * <p>Endpoints report to the load balancer through {@link Listener}. Options and {@link #isWarming}
 * are written in the synchronization context and read by picks, so they are volatile. Lives as long
 * as the load balancer, and is closed by nobody.
 */
final class BalancerContext {
  private final Helper helper;
  private final ClockAndRandom clockAndRandom;
  private final Listener listener;
  private final @Nullable ChannelTarget target;

  /** Calls under way at all endpoints; a sum of cells, as every call changes it twice. */
  private final LongAdder inFlight = new LongAdder();

  /** Whether an endpoint takes only a share of its calls; read by picks. */
  private volatile boolean warming;

  private volatile BalancingOptions options = BalancingOptions.DEFAULT;

  /** The load balancer, seen from its endpoints. All in the synchronization context. */
  interface Listener {
    /** Something about an endpoint has changed. */
    void endpointChanged(ManagedEndpoint managed);

    /** Whether the share of those that are out leaves room for another. */
    boolean mayEjectOneMore();
  }

  BalancerContext(Helper helper, ClockAndRandom clockAndRandom, Listener listener) {
    this.helper = helper;
    this.clockAndRandom = clockAndRandom;
    this.listener = listener;
    this.target = targetOf(helper);
  }

  private static @Nullable ChannelTarget targetOf(Helper helper) {
    try {
      return helper.getNameResolverArgs().getArg(RegistryNameResolverProvider.TARGET);
    } catch (UnsupportedOperationException e) {
      return null; // A helper that is not a channel's, as in tests of other balancers.
    }
  }

  /** Where the channel goes; null in a channel that is none of ours. */
  @Nullable ChannelTarget target() {
    return target;
  }

  /** Who hears of the channel's connections; null for nobody. */
  private @Nullable CallObserver observer() {
    return target == null ? null : target.observer();
  }

  void connectionChanged(String endpoint, ConnectivityStateInfo now) {
    CallObserver observer = observer();
    if (target != null && observer != null) {
      observer.connectionChanged(target.target(), endpoint, now);
    }
  }

  void outlierFound(String endpoint, String rule, boolean ejected) {
    CallObserver observer = observer();
    if (target != null && observer != null) {
      observer.outlierFound(target.target(), endpoint, rule, ejected);
    }
  }

  void endpointsChanged(List<ManagedEndpoint> added, List<ManagedEndpoint> removed, int known) {
    CallObserver observer = observer();
    if (target != null && observer != null && !(added.isEmpty() && removed.isEmpty())) {
      observer.endpointsChanged(target.target(), addresses(added), addresses(removed), known);
    }
  }

  /** Tells of the weights that a new picker of weighted round robin follows. */
  void weightsUpdated(List<EndpointView> usable) {
    CallObserver observer = observer();
    if (target == null || observer == null) {
      return;
    }
    double[] weights = new double[usable.size()];
    int stale = 0;
    for (int i = 0; i < weights.length; i++) {
      EndpointView view = usable.get(i);
      weights[i] = view.reportedWeight();
      boolean old =
          view instanceof EndpointHandle handle && handle.managedEndpoint().hasStaleReports();
      stale += weights[i] == 0 && old ? 1 : 0;
    }
    observer.weightsUpdated(target.target(), weights, stale);
  }

  private static List<String> addresses(List<ManagedEndpoint> endpoints) {
    return endpoints.stream().map(each -> each.handle().hostAndPort()).toList();
  }

  Helper helper() {
    return helper;
  }

  ClockAndRandom clockAndRandom() {
    return clockAndRandom;
  }

  long nanoTime() {
    return clockAndRandom.nanoTime().getAsLong();
  }

  ReconnectingStream.Context streams() {
    return new ReconnectingStream.Context(
        helper.getSynchronizationContext(),
        helper.getScheduledExecutorService(),
        clockAndRandom,
        options.watchHeaders());
  }

  BalancingOptions options() {
    return options;
  }

  void options(BalancingOptions newOptions) {
    options = newOptions;
  }

  /** Whether some endpoint takes only a share of its calls; mostly none does, and none is asked. */
  boolean isWarming() {
    return warming;
  }

  void warming(boolean someAre) {
    warming = someAre;
  }

  /** Calls on their way to any endpoint. */
  LongAdder inFlight() {
    return inFlight;
  }

  /** Runs in the synchronization context, from whatever thread this is called. */
  void execute(Runnable task) {
    helper.getSynchronizationContext().execute(task);
  }

  /** Runs in the synchronization context after this time. */
  ScheduledHandle schedule(Runnable task, long nanos) {
    return helper
        .getSynchronizationContext()
        .schedule(task, nanos, TimeUnit.NANOSECONDS, helper.getScheduledExecutorService());
  }

  void endpointChanged(ManagedEndpoint managed) {
    listener.endpointChanged(managed);
  }

  boolean mayEjectOneMore() {
    return listener.mayEjectOneMore();
  }
}
