package io.fairlead.balance;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses by the balancer that each call asks for, over one roster. A balancer that was not asked
 * for before gets its picker on first use; the others' are made before this one is published.
 */
final class FairleadPicker extends SubchannelPicker {
  private static final System.Logger LOG = System.getLogger(FairleadPicker.class.getName());
  private static final PickRule[] RULES = PickRule.values();

  private final Roster roster;
  private final BalancerSpec ordinary;
  private final PolicySet policies;
  private final LongSupplier randomBits;
  private final Balancer.Candidates candidates;
  private final ConcurrentHashMap<BalancerSpec, Balancer.Picker> pickers =
      new ConcurrentHashMap<>();

  FairleadPicker(
      Roster roster,
      BalancerSpec ordinary,
      PolicySet policies,
      LongSupplier randomBits,
      Set<BalancerSpec> inUse) {
    this.roster = roster;
    this.ordinary = ordinary;
    this.policies = policies;
    this.randomBits = randomBits;
    this.candidates = new Balancer.Candidates(roster.usable(), roster.known());
    if (!roster.usable().isEmpty()) {
      inUse.forEach(this::picker);
    }
  }

  Set<BalancerSpec> inUse() {
    return pickers.keySet();
  }

  @Override
  public PickResult pickSubchannel(PickSubchannelArgs args) {
    Attempt attempt = args.getCallOptions().getOption(Attempt.KEY);
    if (attempt == null) {
      attempt = Attempt.first(null, EndpointGate.OPEN);
    }
    attempt.begin(randomBits.getAsLong());
    if (roster.usable().isEmpty()) {
      attempt.leaveOpen(roster.why());
      return roster.waiting() ? PickResult.withNoResult() : PickResult.withError(roster.status());
    }
    BalancerSpec asked = attempt.balancer();
    try {
      EndpointView chosen = choose(attempt, asked == null ? ordinary : asked);
      if (chosen != null) {
        attempt.choose(chosen);
        boolean unary = args.getMethodDescriptor().getType() == MethodType.UNARY;
        return ((MemberView) chosen).member().connection().result(unary);
      }
    } catch (RuntimeException e) {
      return failed(attempt, asked == null ? ordinary : asked, e);
    }
    attempt.leaveOpen(
        "circuit breakers hold back all " + roster.usable().size() + " endpoints that are up");
    // A drop, not an error: waiting for a connection would not help, all are there.
    return PickResult.withDrop(Status.UNAVAILABLE.withDescription(attempt.reason()));
  }

  private @Nullable EndpointView choose(Attempt attempt, BalancerSpec spec) {
    Balancer.Picker picker = picker(spec);
    for (PickRule rule : RULES) {
      attempt.relax(rule);
      EndpointView chosen = picker.pick(attempt);
      if (chosen != null) {
        return chosen;
      }
    }
    return null;
  }

  private Balancer.Picker picker(BalancerSpec spec) {
    Balancer.Picker picker = pickers.get(spec);
    return picker != null
        ? picker
        : pickers.computeIfAbsent(spec, asked -> policies.picker(asked, candidates));
  }

  private PickResult failed(Attempt attempt, BalancerSpec spec, RuntimeException e) {
    LOG.log(Level.ERROR, "Balancer " + spec + " failed to choose an endpoint", e);
    attempt.leaveOpen("balancer " + spec + " failed: " + e);
    return PickResult.withDrop(Status.INTERNAL.withDescription(attempt.reason()).withCause(e));
  }

  @Override
  public String toString() {
    return "FairleadPicker[" + ordinary + ", usable=" + roster.usable() + ", " + roster.why() + "]";
  }
}
