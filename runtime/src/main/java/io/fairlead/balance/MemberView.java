package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;

/** A member with the data that the registry gave last; new data makes a new view. */
final class MemberView implements EndpointView, PickRule.Warming {
  private final Endpoint endpoint;
  private final Member member;
  private final int weight;

  MemberView(Endpoint endpoint, Member member) {
    this.endpoint = endpoint;
    this.member = member;
    this.weight = endpoint.weight();
  }

  Member member() {
    return member;
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
    return member.load().inFlight();
  }

  @Override
  public double latencyNanos() {
    return member.load().latencyNanos();
  }

  @Override
  public double failureShare() {
    return member.load().failureShare();
  }

  @Override
  public double reportedWeight() {
    return member.reportedWeight();
  }

  @Override
  public double share() {
    return member.share();
  }

  @Override
  public String toString() {
    String address = endpoint.addresses().get(0).hostAndPort();
    return endpoint.id().equals(address) ? address : endpoint.id() + " (" + address + ")";
  }
}
