package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Schedules of faults by chance, each named by its seed, against a model: who lives is seen. */
@Execution(ExecutionMode.CONCURRENT)
final class RandomFaultsTest {
  private static final int EACH = 25;
  private static final int STEPS = 8;

  /** 200 schedules, in portions that run beside each other: most of their time is waiting. */
  @ParameterizedTest
  @ValueSource(longs = {0, 25, 50, 75, 100, 125, 150, 175})
  void whoLivesIsSeenAtEveryQuietPoint(long first) {
    for (long seed = first + 1; seed <= first + EACH; seed++) {
      try (Bed bed = new Bed(seed)) {
        run(bed, new SplittableRandom(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    System.out.println(EACH + " schedules, seeds " + (first + 1) + " to " + (first + EACH));
  }

  private static void run(Bed bed, SplittableRandom random) {
    EtcdRegistry client = bed.registry();
    EtcdRegistry server = bed.registry();
    Seen seen = bed.watched(client, "shop");
    NavigableMap<String, Registration> alive = new TreeMap<>();
    alive.put("i0", bed.registered(server, "shop", "i0"));
    bed.soon("i0 seen", () -> seen.ids().equals(List.of("i0")));
    int wipes = 0;
    for (int step = 1; step <= STEPS; step++) {
      Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
      act(bed, fault, server, alive, step);
      bed.pass(Duration.ofMillis(random.nextInt(3000)));
      if (fault == Fault.STOP) {
        bed.restartEtcd();
      }
      wipes += fault == Fault.WIPE ? 1 : 0;
      int noticed = wipes;
      String moment = " after step " + step + ", " + fault;
      bed.within(
          Duration.ofSeconds(8),
          "whole again" + moment,
          () ->
              seen.bound(Freshness.CURRENT)
                  && new ArrayList<>(alive.keySet()).equals(seen.ids())
                  && client.health().watches().get(0).replacements() == noticed
                  && alive.keySet().stream().noneMatch(id -> bed.get("shop/" + id).isEmpty()));
      bed.within(
          Duration.ofSeconds(8),
          "registered" + moment,
          () -> alive.values().stream().allMatch(one -> World.is(one, State.REGISTERED)));
    }
    assertThat(bed.leases()).isLessThanOrEqualTo(STEPS + 1);
  }

  private enum Fault {
    STOP,
    WIPE,
    CUT,
    REVOKE,
    DELETE,
    COMPACT,
    CUT_STREAMS,
    JOIN,
    LEAVE
  }

  private static void act(
      Bed bed,
      Fault fault,
      EtcdRegistry server,
      NavigableMap<String, Registration> alive,
      int step) {
    switch (fault) {
      case STOP -> bed.stopEtcd();
      case WIPE -> bed.wipeEtcd();
      case CUT -> bed.proxy().cut();
      case REVOKE -> bed.revokeLeases();
      case DELETE -> bed.delete("shop/" + alive.firstKey());
      case COMPACT -> bed.compact();
      case CUT_STREAMS -> bed.etcd().faults().cutStreams();
      case JOIN ->
          alive.put(
              "i" + step, server.register("shop", Endpoint.of("i" + step, "10.0.0.1", 50051)));
      case LEAVE -> {
        if (alive.size() > 1) {
          bed.close(alive.pollLastEntry().getValue());
        }
        bed.proxy().cut();
      }
    }
  }
}
