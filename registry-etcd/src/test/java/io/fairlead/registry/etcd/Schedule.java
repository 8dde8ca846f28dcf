package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Faults by chance, with registrations that come and go, against a model: who lives is seen. */
final class Schedule {
  private static final Duration WHOLE = Duration.ofSeconds(8);

  private enum Fault {
    STOP,
    WIPE,
    CUT,
    REVOKE,
    DELETE,
    OVERWRITE,
    COMPACT,
    CUT_STREAMS,
    ABANDON,
    JOIN,
    LEAVE
  }

  private final World world;
  private final SplittableRandom random;
  private final EtcdRegistry client;
  private final EtcdRegistry server;
  private final RecordedResolutions recordedResolutions;
  private final NavigableMap<String, Registration> alive = new TreeMap<>();
  private int wipes;

  private Schedule(World world, SplittableRandom random) {
    this.world = world;
    this.random = random;
    this.client = world.registry();
    this.server = world.registry();
    this.recordedResolutions = world.watched(client, "shop");
  }

  /** Runs the schedule of this seed, and closes the world. */
  static void run(World world, long seed, int steps, Duration longest) {
    try (world) {
      new Schedule(world, new SplittableRandom(seed)).run(steps, longest);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private void run(int steps, Duration longest) {
    alive.put("i0", world.registered(server, "shop", "i0"));
    world.soon("i0 seen", () -> recordedResolutions.ids().equals(List.of("i0")));
    for (int step = 1; step <= steps; step++) {
      Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
      act(fault, "i" + step);
      world.pass(Duration.ofMillis(random.nextLong(longest.toMillis())));
      if (fault == Fault.STOP) {
        world.restartEtcd();
      }
      world.within(WHOLE, "whole again after step " + step + ", " + fault, this::whole);
      world.within(
          WHOLE,
          "registered after step " + step + ", " + fault,
          () -> alive.values().stream().allMatch(one -> World.is(one, State.REGISTERED)));
    }
    assertThat(world.leases()).isLessThanOrEqualTo(steps + 1);
  }

  private boolean whole() {
    return recordedResolutions.bound(Freshness.CURRENT)
        && endpoints().equals(recordedResolutions.endpoints())
        && client.health().watches().get(0).replacements() == wipes
        && alive.keySet().stream().noneMatch(id -> world.get("shop/" + id).isEmpty());
  }

  private List<Endpoint> endpoints() {
    return alive.values().stream().map(Registration::endpoint).toList();
  }

  private void act(Fault fault, String newcomer) {
    switch (fault) {
      case STOP -> world.stopEtcd();
      case WIPE -> {
        wipes++;
        world.wipeEtcd();
      }
      case CUT -> world.proxy().cut();
      case REVOKE -> world.revokeLeases();
      case DELETE -> world.delete("shop/" + alive.firstKey());
      case COMPACT -> world.compact();
      case CUT_STREAMS -> world.cutStreams();
      case OVERWRITE -> {
        Registration first = alive.firstEntry().getValue();
        world.put("shop/" + alive.firstKey(), World.entry(666));
        Duration bound = world.ttl().dividedBy(3).plusSeconds(1);
        world.within(bound, "displaced", () -> World.is(first, State.DISPLACED));
        world.delete("shop/" + alive.firstKey());
      }
      case ABANDON -> {
        world.expectSilence(true);
        world.proxy().abandon();
        world.pass(world.silence());
        world.expectSilence(false);
      }
      case JOIN -> alive.put(newcomer, server.register("shop", Endpoints.of(newcomer)));
      case LEAVE -> {
        if (alive.size() > 1) {
          world.close(alive.pollLastEntry().getValue());
        }
        world.proxy().cut();
      }
    }
  }
}
