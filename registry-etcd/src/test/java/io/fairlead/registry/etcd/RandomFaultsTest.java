package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Schedules of faults by chance, each named by its seed, against a model: who lives is seen. */
final class RandomFaultsTest {
  private static final int SCHEDULES = 200;
  private static final int STEPS = 8;

  @Test
  void whoLivesIsSeenAtEveryQuietPoint() {
    for (long seed = 1; seed <= SCHEDULES; seed++) {
      try (Bed bed = new Bed(seed)) {
        run(bed, new SplittableRandom(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    System.out.println(SCHEDULES + " schedules, seeds 1 to " + SCHEDULES);
  }

  private static void run(Bed bed, SplittableRandom random) {
    EtcdRegistry client = bed.registry();
    EtcdRegistry server = bed.registry();
    Seen seen = bed.watched(client, "shop");
    NavigableMap<String, Registration> alive = new TreeMap<>();
    alive.put("i0", bed.registered(server, "shop", "i0"));
    for (int step = 1; step <= STEPS; step++) {
      act(bed, random, server, alive, step);
      bed.pass(Duration.ofMillis(random.nextInt(3000)));
      bed.proxy().heal();
      bed.etcd().faults().restart();
      bed.within(
          Duration.ofSeconds(8),
          "whole again after step " + step,
          () ->
              seen.bound(Freshness.CURRENT)
                  && new ArrayList<>(alive.keySet()).equals(seen.ids())
                  && alive.keySet().stream().noneMatch(id -> bed.get("shop/" + id).isEmpty()));
      bed.within(
          Duration.ofSeconds(8),
          "registered after step " + step,
          () -> alive.values().stream().allMatch(one -> World.is(one, State.REGISTERED)));
    }
    assertThat(bed.leases()).isLessThanOrEqualTo(STEPS + 1);
  }

  private static void act(
      Bed bed,
      SplittableRandom random,
      EtcdRegistry server,
      NavigableMap<String, Registration> alive,
      int step) {
    switch (random.nextInt(9)) {
      case 0 -> bed.stopEtcd();
      case 1 -> bed.wipeEtcd();
      case 2 -> bed.proxy().cut();
      case 3 -> bed.revokeLeases();
      case 4 -> bed.delete("shop/" + alive.firstKey());
      case 5 -> bed.compact();
      case 6 -> bed.etcd().faults().cutStreams();
      case 7 ->
          alive.put(
              "i" + step, server.register("shop", Endpoint.of("i" + step, "10.0.0.1", 50051)));
      default -> {
        if (alive.size() > 1) {
          bed.close(alive.pollLastEntry().getValue());
        }
        bed.proxy().cut();
      }
    }
  }
}
