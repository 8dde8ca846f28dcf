package io.fairlead.scaling;

import io.fairlead.discovery.Endpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Chooses which instances leave when a service shrinks. Drain them, wait until they are empty or
 * the bound is reached, and stop them; if the load is back meanwhile, undrain the last one first.
 */
public final class ShrinkOrder {
  private ShrinkOrder() {}

  /**
   * Returns the endpoints in the order in which they are to leave: those that drain already, those
   * of another version than the instance that started last, those of the zone with the most
   * instances, those with the fewest calls, and the youngest, whose caches hold the least.
   *
   * @param callsInFlight how many calls an endpoint has, if that is known; else 0 for all
   */
  public static List<Endpoint> of(
      Collection<Endpoint> endpoints, ToIntFunction<Endpoint> callsInFlight) {
    List<Endpoint> staying = new ArrayList<>(endpoints);
    List<Endpoint> order = new ArrayList<>();
    String newest = newestVersion(staying);
    while (!staying.isEmpty()) {
      // Zones are counted anew for each, so that they shrink evenly.
      Map<String, Integer> zones = new HashMap<>();
      staying.forEach(each -> zones.merge(each.zone().orElse(""), 1, Integer::sum));
      Endpoint next =
          staying.stream()
              .min(
                  Comparator.comparing((Endpoint each) -> !each.draining())
                      .thenComparing(each -> each.version().orElse("").equals(newest))
                      .thenComparing(each -> -zones.getOrDefault(each.zone().orElse(""), 0))
                      .thenComparing(callsInFlight::applyAsInt)
                      .thenComparing(ShrinkOrder::started, Comparator.reverseOrder())
                      .thenComparing(Endpoint::id))
              .orElseThrow();
      staying.remove(next);
      order.add(next);
    }
    return order;
  }

  private static String newestVersion(List<Endpoint> endpoints) {
    return endpoints.stream()
        .max(Comparator.comparing(ShrinkOrder::started).thenComparing(Endpoint::id))
        .flatMap(Endpoint::version)
        .orElse("");
  }

  private static Instant started(Endpoint endpoint) {
    return endpoint.startedAt().orElse(Instant.EPOCH);
  }
}
