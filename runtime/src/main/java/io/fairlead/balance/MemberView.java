package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.LoadBalancer.PickResult;
import org.jspecify.annotations.Nullable;

/** A member with the data that the registry gave last; new data makes a new view. */
final class MemberView extends CountingEndpoint {
  private final Member member;
  private final LoadStats load;
  private volatile @Nullable PickResult unaryResult;
  private volatile @Nullable PickResult streamResult;

  /** The first view of a member, which counts its calls for the later ones too. */
  MemberView(Endpoint endpoint, Member member) {
    super(endpoint, null);
    this.member = member;
    this.load = new LoadStats(this);
  }

  /** The view that takes the place of another one. */
  MemberView(Endpoint endpoint, MemberView before) {
    super(endpoint, before);
    this.member = before.member;
    this.load = before.load;
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
}
