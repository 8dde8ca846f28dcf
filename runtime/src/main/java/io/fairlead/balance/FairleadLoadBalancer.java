package io.fairlead.balance;

import io.grpc.ConnectivityState;
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
 * Keeps connections to the endpoints of a service and publishes a picker whenever something has
 * changed. Runs in the channel's synchronization context.
 */
final class FairleadLoadBalancer extends LoadBalancer implements Shared.Owner {
  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int UNKNOWN = -1;

  /** With more changes at once than this, going through all members is less work. */
  private static final int FEW = 16;

  private final Helper helper;
  private final Shared shared;
  private final PolicySet policies;
  private final long ownSeed;
  private final @Nullable ChannelTarget target;
  private @Nullable ScheduledHandle ticking;
  private long nextSweep;
  private final Members members;
  private final Set<Member> changed = new LinkedHashSet<>();
  private int ejected = UNKNOWN;
  private Roster roster = Roster.empty("the first list of endpoints has not come yet", true);
  private @Nullable FairleadPicker picker;
  private boolean reconfigured;
  private boolean publishing;
  private boolean closed;

  FairleadLoadBalancer(Helper helper, Surroundings surroundings) {
    this.helper = helper;
    this.shared = new Shared(helper, surroundings, this);
    this.policies = new PolicySet(shared);
    this.members = new Members(shared);
    this.ownSeed = surroundings.randomBits().getAsLong();
    this.target = targetOf(helper);
  }

  private static @Nullable ChannelTarget targetOf(Helper helper) {
    try {
      return helper.getNameResolverArgs().getArg(RegistryNameResolverProvider.TARGET);
    } catch (UnsupportedOperationException e) {
      return null; // A helper that is not a channel's, as in tests of other balancers.
    }
  }

  @Override
  public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
    if (resolved.getLoadBalancingPolicyConfig() instanceof BalancingOptions configured) {
      reconfigured = members.hadList() && !configured.equals(shared.options());
      shared.options(configured);
    }
    if (resolved.getAddresses().isEmpty()) {
      String why = resolved.getAttributes().get(EndpointAttributes.WHY_EMPTY);
      members.closeAll();
      publish(Roster.empty(why == null ? "the list of endpoints is empty" : why, false));
      // A registry's word is final; a name service that has no address yet is asked again.
      return why == null
          ? Status.UNAVAILABLE.withDescription("the list of endpoints is empty")
          : Status.OK;
    }
    BalancingOptions options = shared.options();
    long client = options.clientId().isEmpty() ? ownSeed : KeyHash.ofText(options.clientId());
    members.accept(Subset.of(resolved.getAddresses(), options.subset(), options.zone(), client));
    startTicking();
    update();
    return Status.OK;
  }

  @Override
  public void handleNameResolutionError(Status error) {
    // Connections that work are worth more than a name service that does not.
    if (members.listed().isEmpty()) {
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
    if (ticking != null) {
      ticking.cancel();
    }
    policies.shutdown();
    members.closeAll();
  }

  @Override
  public void memberChanged(Member member) {
    ejected = UNKNOWN;
    changed.add(member);
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
    Roster next = fewChanged();
    if (next == null) {
      update();
    } else {
      changed.clear();
      publish(next);
    }
  }

  /** The roster after the changes, if they are few and depend on nobody else; or null. */
  private @Nullable Roster fewChanged() {
    if (members.hasRetiring() || changed.size() > FEW) {
      return null;
    }
    @Nullable Roster next = roster;
    for (Member member : changed) {
      if (next != null && members.lists(member)) {
        next = next.after(member, shared.options().panicThreshold());
      }
    }
    return next;
  }

  /** Asked again for each failure where many are in trouble, so counted once for each change. */
  @Override
  public boolean mayEjectOneMore() {
    List<Member> all = members.serving();
    if (ejected == UNKNOWN) {
      ejected = (int) all.stream().filter(member -> member.ejection().isEjected()).count();
    }
    return OutlierDetector.mayEject(shared.options().outliers().maxPercent(), all.size(), ejected);
  }

  private void update() {
    members.retireIfReplaced();
    changed.clear();
    ejected = UNKNOWN;
    publish(
        Roster.of(
            helper.getAuthority(), members.serving(), shared.options().panicThreshold(), roster));
  }

  private void publish(Roster next) {
    if (picker != null && !reconfigured && next.sameAs(roster)) {
      return;
    }
    reconfigured = false;
    roster = next;
    rebuild();
    if (target != null) {
      target.publish(next.usable());
    }
  }

  private void rebuild() {
    Set<BalancerSpec> inUse = new HashSet<>(picker == null ? Set.of() : picker.inUse());
    inUse.add(shared.options().balancer());
    picker = new FairleadPicker(roster, policies, shared, inUse);
    helper.updateBalancingState(state(roster), picker);
  }

  private void startTicking() {
    if (ticking == null) {
      nextSweep = shared.nanoTime() + shared.options().outliers().interval().toNanos();
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

  private void tick() {
    long now = shared.nanoTime();
    boolean warming = false;
    for (Member member : members.listed()) {
      member.tick(TICK_NANOS, now);
      warming |= member.isWarming();
    }
    shared.warming(warming);
    if (now - nextSweep >= 0) {
      nextSweep = now + shared.options().outliers().interval().toNanos();
      sweep();
    }
    if (!roster.usable().isEmpty() && policies.refreshes()) {
      rebuild();
    }
  }

  private void sweep() {
    List<OutlierDetector.Sample> samples = new ArrayList<>();
    for (Member member : members.listed()) {
      samples.add(
          new OutlierDetector.Sample(
              member.view().id(), member.ejection().isEjected(), member.load().takeWindow()));
    }
    Map<String, String> out = OutlierDetector.decide(shared.options().outliers(), samples);
    for (Member member : members.listed()) {
      String why = out.get(member.view().id());
      if (why != null) {
        member.eject(why);
      } else {
        member.ejection().intervalPassed();
      }
    }
  }

  private static ConnectivityState state(Roster roster) {
    return !roster.usable().isEmpty()
        ? ConnectivityState.READY
        : roster.waiting() ? ConnectivityState.CONNECTING : ConnectivityState.TRANSIENT_FAILURE;
  }

  @Override
  public String toString() {
    return "FairleadLoadBalancer["
        + shared.options().balancer()
        + ", members="
        + members.listed()
        + "]";
  }
}
