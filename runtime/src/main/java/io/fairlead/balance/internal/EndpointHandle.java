package io.fairlead.balance.internal;

import io.fairlead.balance.internal.algorithm.CountingEndpoint;
import io.fairlead.discovery.Endpoint;
import io.grpc.LoadBalancer.PickResult;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint with the data that the registry gave last; new data makes a new handle.
 *
 * <p>This is what pickers hold and balancers see. Its data never changes, so a picker sees one
 * state of the list. What must go on across new data is shared by all handles of an endpoint: the
 * calls in flight, the load figures, the managed endpoint behind.
 *
 * <p>The results of a pick are kept here while there is one connection, which is the usual case.
 * Then a pick makes no object and follows no further reference. {@link ManagedEndpoint} refreshes
 * them.
 */
final class EndpointHandle extends CountingEndpoint {
  private final ManagedEndpoint managedEndpoint;
  private final LoadStats load;
  private volatile @Nullable PickResult unaryResult;
  private volatile @Nullable PickResult streamResult;

  /** The first handle of an endpoint, which counts its calls for the later ones too. */
  EndpointHandle(Endpoint endpoint, ManagedEndpoint managed) {
    super(endpoint, null);
    this.managedEndpoint = managed;
    this.load = new LoadStats(this);
  }

  /** The handle that replaces another one. */
  EndpointHandle(Endpoint endpoint, EndpointHandle before) {
    super(endpoint, before);
    this.managedEndpoint = before.managedEndpoint;
    this.load = before.load;
    refresh();
  }

  ManagedEndpoint managedEndpoint() {
    return managedEndpoint;
  }

  LoadStats load() {
    return load;
  }

  /** What a pick of it says: a connection, and who follows the call. */
  PickResult result(boolean unary) {
    PickResult only = unary ? unaryResult : streamResult;
    return only != null ? only : managedEndpoint.connections().leastBusy().result(unary);
  }

  /** In the synchronization context, as all that changes an endpoint. */
  void refresh() {
    Connection only = managedEndpoint.connections().only();
    unaryResult = only == null ? null : only.result(true);
    streamResult = only == null ? null : only.result(false);
  }

  @Override
  public double latencyNanos() {
    return load.latencyNanos();
  }

  @Override
  public double failureRate() {
    return load.failureRate();
  }

  @Override
  public double reportedWeight() {
    return managedEndpoint.reportedWeight();
  }

  @Override
  public boolean isReady() {
    return managedEndpoint.isTrusted();
  }

  @Override
  public boolean isEjected() {
    return managedEndpoint.ejection().isEjected();
  }

  @Override
  public long ejections() {
    return managedEndpoint.ejection().count();
  }

  @Override
  public Optional<Duration> sinceHeard() {
    return managedEndpoint.sinceHeard();
  }

  @Override
  public long missedPings() {
    return managedEndpoint.missedPings();
  }

  @Override
  public double share() {
    return load.share();
  }
}
