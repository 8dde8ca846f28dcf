package io.fairlead.scaling;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Spreads the instances of a service over zones, each with an actuator of its own, such as a
 * Deployment for each zone. New ones are started where the fewest are:
 *
 * <pre>{@code
 * Actuator zones =
 *     ZonedActuator.of(
 *         Map.of(
 *             "a", KubernetesDeployment.builder("inventory-a").build(),
 *             "b", KubernetesDeployment.builder("inventory-b").build()));
 * }</pre>
 *
 * <p>Instances tell their zone to the registry themselves ({@code RpcServer.Builder.zone}), and
 * {@link ShrinkOrder} lets those of the largest zone leave first. So a service grows and shrinks
 * evenly.
 *
 * <p>While a zone cannot start instances, the others start them. The instances of a zone that does
 * not answer count as running for a minute, and as lost from then on, so that the others grow.
 *
 * <p>Safe for use by many threads if the actuators are. {@link #close} closes them.
 */
public final class ZonedActuator implements Actuator {
  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");

  /** For how long the instances of a zone that does not answer are taken for running. */
  private static final Duration LOST_AFTER = Duration.ofMinutes(1);

  private final Map<String, Zone> zones = new TreeMap<>();
  private final InstantSource clock;

  /** A zone, and what it said last; guarded by the lock of the actuator over all. */
  private static final class Zone {
    private final Actuator actuator;
    private @Nullable List<String> known;

    /** Since when it does not answer; null while it does. */
    private @Nullable Instant silentSince;

    private boolean lost;

    Zone(Actuator actuator) {
      this.actuator = actuator;
    }
  }

  private ZonedActuator(Map<String, ? extends Actuator> actuators, InstantSource clock) {
    actuators.forEach((name, actuator) -> zones.put(name, new Zone(actuator)));
    this.clock = clock;
  }

  /**
   * Returns one over these zones.
   *
   * @param zones the actuator of each, by the name of the zone. No two may give the same id
   */
  public static ZonedActuator of(Map<String, ? extends Actuator> zones) {
    return of(zones, InstantSource.system());
  }

  /** With the time of a test. */
  static ZonedActuator of(Map<String, ? extends Actuator> zones, InstantSource clock) {
    if (zones.isEmpty()) {
      throw new IllegalArgumentException("there is no zone; give at least one with its actuator");
    }
    return new ZonedActuator(zones, clock);
  }

  @Override
  public synchronized List<String> instances() throws IOException {
    Map<String, String> zoneOf = new LinkedHashMap<>();
    IOException silent = null;
    int answering = 0;
    for (Map.Entry<String, Zone> each : zones.entrySet()) {
      List<String> ids;
      try {
        ids = ask(each.getKey(), each.getValue());
        answering++;
      } catch (IOException e) {
        silent = e;
        ids = lastKnown(each.getKey(), each.getValue(), e);
      }
      for (String id : ids) {
        String other = zoneOf.put(id, each.getKey());
        if (other != null) {
          throw new IOException(
              "the zones "
                  + other
                  + " and "
                  + each.getKey()
                  + " both have an instance "
                  + id
                  + "; give the instances of each zone names of their own");
        }
      }
    }
    if (answering == 0 && silent != null) {
      throw silent;
    }
    return List.copyOf(zoneOf.keySet());
  }

  private static List<String> ask(String name, Zone zone) throws IOException {
    List<String> ids;
    try {
      ids = List.copyOf(zone.actuator.instances());
    } catch (IOException e) {
      throw new IOException("zone " + name + ": " + e.getMessage(), e);
    }
    if (zone.lost) {
      LOG.log(Level.INFO, "zone {0} answers again, with {1} instances", name, ids.size());
    }
    zone.known = ids;
    zone.silentSince = null;
    zone.lost = false;
    return ids;
  }

  private List<String> lastKnown(String name, Zone zone, IOException why) throws IOException {
    if (zone.known == null) {
      throw why; // nobody knows yet what runs there
    }
    if (zone.silentSince == null) {
      zone.silentSince = clock.instant();
    }
    if (clock.instant().isBefore(zone.silentSince.plus(LOST_AFTER))) {
      return zone.known;
    }
    if (!zone.lost) {
      zone.lost = true;
      LOG.log(
          Level.WARNING,
          "zone {0} has not answered for {1}, so its {2} instances count as lost: {3}",
          name,
          LOST_AFTER,
          zone.known.size(),
          why.getMessage());
    }
    return List.of();
  }

  @Override
  public synchronized void start(int count, Order order) throws IOException {
    Map<String, Integer> sizes = new TreeMap<>();
    IOException failed = null;
    for (Map.Entry<String, Zone> each : zones.entrySet()) {
      try {
        sizes.put(each.getKey(), ask(each.getKey(), each.getValue()).size());
      } catch (IOException e) {
        failed = e;
      }
    }
    int left = count;
    while (left > 0 && !sizes.isEmpty()) {
      for (Map.Entry<String, Integer> each : shares(left, sizes).entrySet()) {
        String name = each.getKey();
        try {
          zone(name).actuator.start(each.getValue(), order);
          left -= each.getValue();
          sizes.merge(name, each.getValue(), Integer::sum);
        } catch (StaleOrderException e) {
          // Of no use in another zone: a successor decides.
          throw e;
        } catch (IOException e) {
          sizes.remove(name);
          failed = new IOException("zone " + name + ": " + e.getMessage(), e);
          LOG.log(
              Level.WARNING,
              "zone {0} does not start {1} instances, so others are to: {2}",
              name,
              each.getValue(),
              e.getMessage());
        }
      }
    }
    if (left > 0 && failed != null) {
      throw new IOException(
          left + " of " + count + " instances were not started: " + failed.getMessage(), failed);
    }
  }

  /** How many to start in each zone: one after the other where the fewest are, by name if equal. */
  static Map<String, Integer> shares(int count, Map<String, Integer> sizes) {
    Map<String, Integer> grown = new TreeMap<>(sizes);
    Map<String, Integer> shares = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      String thinnest =
          grown.entrySet().stream()
              .min(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry::getKey))
              .orElseThrow()
              .getKey();
      grown.merge(thinnest, 1, Integer::sum);
      shares.merge(thinnest, 1, Integer::sum);
    }
    return shares;
  }

  @Override
  public synchronized void stop(List<String> ids, Order order) throws IOException {
    Set<String> wanted = Set.copyOf(ids);
    IOException failed = null;
    for (Map.Entry<String, Zone> each : zones.entrySet()) {
      try {
        List<String> own =
            ask(each.getKey(), each.getValue()).stream().filter(wanted::contains).toList();
        if (!own.isEmpty()) {
          each.getValue().actuator.stop(own, order);
        }
      } catch (StaleOrderException e) {
        throw e;
      } catch (IOException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private Zone zone(String name) {
    return Objects.requireNonNull(zones.get(name));
  }

  /** Closes the actuators of all zones. */
  @Override
  public void close() {
    zones.values().forEach(each -> each.actuator.close());
  }

  @Override
  public String toString() {
    return "ZonedActuator" + zones.keySet();
  }
}
