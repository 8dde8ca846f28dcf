package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
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
  private volatile double share;
  private volatile @Nullable Connection only;

  MemberView(Endpoint endpoint, Member member) {
    this.endpoint = endpoint;
    this.member = member;
    this.load = member.load();
    this.weight = endpoint.weight();
    this.share = member.share();
    this.only = member.onlyConnection();
  }

  Member member() {
    return member;
  }

  /** The connection for a new call. */
  Connection connection() {
    Connection one = only;
    return one != null ? one : member.leastBusy();
  }

  /** In the synchronization context, as all that changes a member. */
  void refresh() {
    if (share != member.share()) {
      share = member.share();
    }
    only = member.onlyConnection();
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
    return share;
  }

  @Override
  public String toString() {
    String address = endpoint.addresses().get(0).hostAndPort();
    return endpoint.id().equals(address) ? address : endpoint.id() + " (" + address + ")";
  }
}
