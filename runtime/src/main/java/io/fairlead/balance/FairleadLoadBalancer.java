package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps connections to the endpoints of a service and publishes a picker whenever something has
 * changed. Runs in the channel's synchronization context.
 */
final class FairleadLoadBalancer extends LoadBalancer {
  private final Helper helper;
  private final Surroundings surroundings;
  private final PolicySet policies = new PolicySet();
  private Map<String, Member> members = new LinkedHashMap<>();
  private List<Member> retiring = new ArrayList<>();
  private BalancingOptions options = BalancingOptions.DEFAULT;
  private Roster roster = Roster.empty("the first list of endpoints has not come yet", true);
  private @Nullable FairleadPicker picker;
  private boolean publishing;
  private boolean closed;

  FairleadLoadBalancer(Helper helper, Surroundings surroundings) {
    this.helper = helper;
    this.surroundings = surroundings;
  }

  @Override
  public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
    if (resolved.getLoadBalancingPolicyConfig() instanceof BalancingOptions configured) {
      options = configured;
    }
    if (resolved.getAddresses().isEmpty()) {
      String why = resolved.getAttributes().get(EndpointAttributes.WHY_EMPTY);
      closeAll();
      publish(Roster.empty(why == null ? "the list of endpoints is empty" : why, false));
      // A registry's word is final; a name service that has no address yet is asked again.
      return why == null
          ? Status.UNAVAILABLE.withDescription("the list of endpoints is empty")
          : Status.OK;
    }
    accept(byId(resolved.getAddresses()));
    update();
    return Status.OK;
  }

  @Override
  public void handleNameResolutionError(Status error) {
    // Connections that work are worth more than a name service that does not.
    if (members.isEmpty()) {
      String why = error.getDescription();
      publish(Roster.empty(why == null ? error.toString() : why, false));
    }
  }

  @Override
  public void requestConnection() {
    // Every member connects by itself.
  }

  @Override
  public void shutdown() {
    closed = true;
    closeAll();
  }

  private void accept(Map<String, EquivalentAddressGroup> groups) {
    Map<String, Member> next = new LinkedHashMap<>();
    List<Member> added = new ArrayList<>();
    groups.forEach(
        (id, group) -> {
          Endpoint endpoint = EndpointAttributes.fromGroup(group);
          Member member = members.remove(id);
          if (member != null && !member.livesAt(group)) {
            retiring.add(member);
            member = null;
          }
          if (member == null) {
            member = new Member(endpoint, group, helper, surroundings, this::memberChanged);
            added.add(member);
          } else {
            member.update(endpoint, group);
          }
          next.put(id, member);
        });
    retiring.addAll(members.values());
    members = next;
    added.forEach(Member::connect);
  }

  private static Map<String, EquivalentAddressGroup> byId(List<EquivalentAddressGroup> groups) {
    Map<String, EquivalentAddressGroup> byId = new LinkedHashMap<>();
    for (EquivalentAddressGroup group : groups) {
      byId.putIfAbsent(EndpointAttributes.fromGroup(group).id(), group);
    }
    return byId;
  }

  private void memberChanged() {
    // Several changes that are waiting in the context make one update.
    if (!publishing && !closed) {
      publishing = true;
      helper
          .getSynchronizationContext()
          .execute(
              () -> {
                publishing = false;
                if (!closed) {
                  update();
                }
              });
    }
  }

  private void update() {
    retireIfReplaced();
    List<Member> all = new ArrayList<>(members.values());
    for (Member member : retiring) {
      if (member.isReady()) {
        all.add(member);
      }
    }
    publish(Roster.of(helper.getAuthority(), all));
  }

  /**
   * Members that are gone from the list serve on until half of the new list is connected, or all of
   * it has been tried and somebody is: a connection that works is not given up for none.
   */
  private void retireIfReplaced() {
    if (retiring.isEmpty()) {
      return;
    }
    int ready = 0;
    int settled = 0;
    for (Member member : members.values()) {
      ready += member.isReady() ? 1 : 0;
      settled += member.isSettled() ? 1 : 0;
    }
    boolean replaced = ready * 2 >= members.size() || (settled == members.size() && ready > 0);
    List<Member> kept = new ArrayList<>();
    for (Member member : retiring) {
      if (replaced || !member.isReady()) {
        member.close();
      } else {
        kept.add(member);
      }
    }
    retiring = kept;
  }

  private void publish(Roster next) {
    if (picker != null && next.sameAs(roster)) {
      return;
    }
    roster = next;
    Set<BalancerSpec> inUse = picker == null ? Set.of(options.balancer()) : picker.inUse();
    picker =
        new FairleadPicker(next, options.balancer(), policies, surroundings.randomBits(), inUse);
    helper.updateBalancingState(state(next), picker);
  }

  private static ConnectivityState state(Roster roster) {
    return !roster.usable().isEmpty()
        ? ConnectivityState.READY
        : roster.waiting() ? ConnectivityState.CONNECTING : ConnectivityState.TRANSIENT_FAILURE;
  }

  private void closeAll() {
    members.values().forEach(Member::close);
    retiring.forEach(Member::close);
    members = new LinkedHashMap<>();
    retiring = new ArrayList<>();
  }

  @Override
  public String toString() {
    return "FairleadLoadBalancer[" + options.balancer() + ", members=" + members.keySet() + "]";
  }
}
