package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.LoadBalancer.PickResult;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A member with the data that the registry gave last; new data makes a new view. What every pick
 * reads is kept here, one step from the picker's list: among many endpoints each step is a miss of
 * the cache.
 */
final class MemberView implements EndpointView {
  private static final AtomicIntegerFieldUpdater<MemberView> STANDING =
      AtomicIntegerFieldUpdater.newUpdater(MemberView.class, "standing");

  /** In the standing: a comparison has to look at more than the calls in flight. */
  private static final int TROUBLED = Integer.MIN_VALUE;

  private final Endpoint endpoint;
  private final Member member;
  private final LoadStats load;
  private final MemberView counting;
  private final int weight;
  private @Nullable String hostAndPort;
  private volatile int standing;
  private volatile @Nullable PickResult unaryResult;
  private volatile @Nullable PickResult streamResult;

  /** The first view of a member, which counts its calls for the later ones too. */
  MemberView(Endpoint endpoint, Member member) {
    this.endpoint = endpoint;
    this.member = member;
    this.load = new LoadStats(this);
    this.counting = this;
    this.weight = endpoint.weight();
  }

  /** The view that takes the place of another one. */
  MemberView(Endpoint endpoint, MemberView before) {
    this.endpoint = endpoint;
    this.member = before.member;
    this.load = before.load;
    this.counting = before.counting;
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
  public String hostAndPort() {
    String made = hostAndPort; // Made once for all calls; by two threads at once does no harm.
    if (made == null) {
      made = EndpointView.super.hostAndPort();
      hostAndPort = made;
    }
    return made;
  }

  @Override
  public int weight() {
    return weight;
  }

  @Override
  public int inFlight() {
    return standing() & ~TROUBLED;
  }

  /**
   * Calls in flight; below zero while the endpoint fails calls or warms up. So two that are well
   * are compared by this alone.
   */
  int standing() {
    return counting.standing;
  }

  /** Calls have started, or ended. */
  void count(int calls) {
    STANDING.getAndAdd(counting, calls);
  }

  /** One thread at a time. */
  void troubled(boolean now) {
    if (now != standing() < 0) {
      count(TROUBLED); // Turns the sign and leaves the number.
    }
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
    String address = hostAndPort();
    return endpoint.id().equals(address) ? address : endpoint.id() + " (" + address + ")";
  }
}
