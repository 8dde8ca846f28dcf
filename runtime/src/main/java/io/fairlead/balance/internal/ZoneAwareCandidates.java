package io.fairlead.balance.internal;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import io.fairlead.policy.BalancerSpec;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that a call may choose among, all or those of one selector, with a picker for each
 * spec.
 *
 * <p>With a zone there are two pickers for a spec: one for the zone and one for the rest. Calls
 * stay in the zone while enough of its endpoints are usable; below that, a share of the calls goes
 * elsewhere, so that the remaining endpoints do not get more than they can take.
 *
 * <p>Belongs to one {@link FairleadPicker} and dies with it. Any thread may ask for a picker; the
 * first to ask makes it.
 */
final class ZoneAwareCandidates {
  /** A zone with this part of its endpoints usable still takes all of its calls. */
  private static final double SPARE = 1.4;

  private final String name;
  private final Balancer.Candidates all;
  private final Optional<String> zone;
  private final BalancerCache policies;
  private final ConcurrentHashMap<BalancerSpec, Balancer.Picker> pickers =
      new ConcurrentHashMap<>(1);

  ZoneAwareCandidates(
      String name,
      List<EndpointView> usable,
      List<EndpointView> known,
      Optional<String> zone,
      BalancerCache policies) {
    this.name = name;
    this.all = new Balancer.Candidates(usable, known);
    this.zone = zone;
    this.policies = policies;
  }

  Set<BalancerSpec> inUse() {
    return pickers.keySet();
  }

  Balancer.Picker picker(BalancerSpec spec) {
    Balancer.Picker picker = pickers.get(spec);
    return picker != null ? picker : pickers.computeIfAbsent(spec, this::build);
  }

  /** Makes the pickers of a spec: one for all, or one for the zone and one for the rest. */
  private Balancer.Picker build(BalancerSpec spec) {
    if (zone.isEmpty()) {
      return policies.picker(spec, name, all);
    }
    Balancer.Candidates here = part(true);
    Balancer.Candidates elsewhere = part(false);
    if (here.usable().isEmpty() || elsewhere.usable().isEmpty()) {
      return policies.picker(spec, name, all);
    }
    double stay = Math.min(1, SPARE * here.usable().size() / here.known().size());
    Balancer.Picker local = policies.picker(spec, name + " in zone", here);
    Balancer.Picker others = policies.picker(spec, name + " out of zone", elsewhere);
    int stayBelow = (int) (stay * (1 << 20));
    return pick -> zoned(local, others, stayBelow, pick);
  }

  /** Picks in the zone or elsewhere, by chance; if there is none, in the other part. */
  private static @Nullable EndpointView zoned(
      Balancer.Picker local, Balancer.Picker others, int stayBelow, Pick pick) {
    boolean stays = pick.random(1 << 20) < stayBelow;
    EndpointView chosen = (stays ? local : others).pick(pick);
    boolean inZone = stays;
    if (chosen == null) {
      inZone = !stays;
      chosen = (stays ? others : local).pick(pick);
    }
    if (chosen != null && pick instanceof LoadBalancingContext context) {
      context.remark(inZone ? "; in this zone" : "; spilled over from this zone");
    }
    return chosen;
  }

  private Balancer.Candidates part(boolean inZone) {
    return new Balancer.Candidates(
        all.usable().stream().filter(v -> v.endpoint().zone().equals(zone) == inZone).toList(),
        all.known().stream().filter(v -> v.endpoint().zone().equals(zone) == inZone).toList());
  }
}
