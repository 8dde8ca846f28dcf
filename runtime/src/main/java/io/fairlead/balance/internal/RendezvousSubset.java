package io.fairlead.balance.internal;

import io.fairlead.balance.internal.algorithm.KeyHash;
import io.fairlead.discovery.Endpoint;
import io.fairlead.internal.resolve.EndpointAttributes;
import io.grpc.EquivalentAddressGroup;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses the part of a large list that one client connects to: the endpoints whose hash with the
 * client's id is lowest (rendezvous hashing).
 *
 * <p>A change of the list changes few of the chosen, so connections stay. Different clients choose
 * differently, so that the load is even without any agreement. Pure.
 */
final class RendezvousSubset {
  private RendezvousSubset() {}

  /** Draining endpoints count for nothing; with a zone, three quarters come from it if it can. */
  static List<EquivalentAddressGroup> of(
      List<EquivalentAddressGroup> groups, int size, Optional<String> zone, long clientHash) {
    if (groups.size() <= size) {
      return groups;
    }
    List<Endpoint> ranked =
        groups.stream()
            .map(EndpointAttributes::fromGroup)
            .filter(endpoint -> !endpoint.draining())
            .sorted(
                Comparator.comparingLong(
                    endpoint -> KeyHash.mix(KeyHash.ofText(endpoint.id()) ^ clientHash)))
            .toList();
    Set<String> chosen = new HashSet<>();
    if (zone.isPresent()) {
      int local = size - Math.max(1, size / 4);
      ranked.stream()
          .filter(endpoint -> endpoint.zone().equals(zone))
          .map(Endpoint::id)
          .distinct()
          .limit(local)
          .forEach(chosen::add);
    }
    for (Endpoint endpoint : ranked) {
      if (chosen.size() == size) {
        break;
      }
      chosen.add(endpoint.id());
    }
    return groups.stream()
        .filter(group -> chosen.contains(EndpointAttributes.fromGroup(group).id()))
        .toList();
  }
}
