package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.LoadBalancer.PickResult;
import org.jspecify.annotations.Nullable;

/**
 * A member with the data that the registry gave last; new data makes a new view. What every pick
 * reads is kept here, one step from the picker's list: among many endpoints each step is a miss of
 * the cache.
 */
final class MemberView implements EndpointView {
  private final Endpoint endpoint;
  private final Member member;
  private final LoadStats load;
  private final int weight;
  private volatile @Nullable PickResult unaryResult;
  private volatile @Nullable PickResult streamResult;

  MemberView(Endpoint endpoint, Member member) {
    this.endpoint = endpoint;
    this.member = member;
    this.load = member.load();
    this.weight = endpoint.weight();
    refresh();
  }

  Member member() {
    return member;
  }

  LoadStats load() {
    return load;
  }

  /** What a pick of it says: a connection, and who follows the call. */
  PickResult result(boolean unary) {
    PickResult only = unary ? unaryResult : streamResult;
    return only != null ? only : member.leastBusy().result(unary);
  }

  /** In the synchronization context, as all that changes a member. */
  void refresh() {
    Connection only = member.onlyConnection();
    unaryResult = only == null ? null : only.result(true);
    streamResult = only == null ? null : only.result(false);
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public int weight() {
    return weight;
  }

  @Override
  public int inFlight() {
    return load.inFlight();
  }

  @Override
  public double latencyNanos() {
    return load.latencyNanos();
  }

  @Override
  public double failureShare() {
    return load.failureShare();
  }

  @Override
  public double reportedWeight() {
    return member.reportedWeight();
  }

  @Override
  public double share() {
    return load.share();
  }

  @Override
  public String toString() {
    String address = endpoint.addresses().get(0).hostAndPort();
    return endpoint.id().equals(address) ? address : endpoint.id() + " (" + address + ")";
  }
}
