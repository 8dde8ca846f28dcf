package io.fairlead.balance.internal.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.EndpointView;
import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IncrementalHashRingTest {
  private static final int POINTS = 160;
  private static final int KEYS = 20_000;

  @Test
  void incrementalRingEqualsARebuiltOne() {
    Random random = new Random(5);
    List<EndpointView> list = views(random, 30);
    IncrementalHashRing followed = new IncrementalHashRing(POINTS);
    for (int round = 0; round < 300; round++) {
      list = changed(list, random, round);
      followed.update(list);
      IncrementalHashRing fresh = new IncrementalHashRing(POINTS);
      fresh.update(list);
      assertThat(owners(followed, list, round, 100)).isEqualTo(owners(fresh, list, round, 100));
      assertThat(followed.ring().size())
          .as("those who left take at most a quarter")
          .isBetween(fresh.ring().size(), fresh.ring().size() * 4 / 3 + 1);
    }
  }

  @Test
  void returningEndpointGetsItsOldPoints() {
    List<EndpointView> all = views(new Random(1), 100);
    IncrementalHashRing layout = new IncrementalHashRing(POINTS);
    layout.update(all);
    HashRing before = layout.ring();
    layout.update(List.copyOf(all.subList(0, 99)));
    assertThat(layout.ring()).isSameAs(before);
    layout.update(all);
    assertThat(layout.ring()).isSameAs(before);
  }

  @Test
  void duplicateEndpointHasItsPointsOnce() {
    EndpointView gone = view("moved", 100);
    EndpointView here = view("moved", 50);
    EndpointView other = view("other", 100);
    IncrementalHashRing layout = new IncrementalHashRing(POINTS);
    layout.update(List.of(gone, other));
    layout.update(List.of(here, other, gone));
    layout.update(List.of(here, other));
    assertThat(layout.ring().size()).isEqualTo(POINTS + POINTS / 2);
    layout.update(List.of(here, other, gone));
    layout.update(List.of(gone));
    IncrementalHashRing fresh = new IncrementalHashRing(POINTS);
    fresh.update(List.of(gone));
    assertThat(layout.ring().size()).isEqualTo(fresh.ring().size());
  }

  @Test
  void weightsDecideSharesAndLeavingMovesOnlyOwnKeys() {
    List<EndpointView> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(view("e" + i, i == 0 ? 300 : 100));
    }
    IncrementalHashRing layout = new IncrementalHashRing(POINTS);
    layout.update(all);
    List<String> before = owners(layout, all, 3, KEYS);
    Map<String, Integer> counts = new HashMap<>();
    before.forEach(id -> counts.merge(id, 1, Integer::sum));
    // Shares of arcs between that many points differ by about their root: 8 %, and 5 % for three
    // times as many; four times that.
    assertThat((double) counts.getOrDefault("e0", 0) / KEYS).isCloseTo(3 / 22.0, within(0.03));
    for (int i = 1; i < 20; i++) {
      assertThat((double) counts.getOrDefault("e" + i, 0) / KEYS)
          .isCloseTo(1 / 22.0, within(0.015));
    }
    List<EndpointView> fewer = List.copyOf(all.subList(1, 20));
    layout.update(fewer);
    List<String> after = owners(layout, fewer, 3, KEYS);
    for (int i = 0; i < KEYS; i++) {
      if (!before.get(i).equals("e0")) {
        assertThat(after.get(i)).isEqualTo(before.get(i));
      }
    }
  }

  private static List<EndpointView> changed(List<EndpointView> list, Random random, int round) {
    List<EndpointView> next = new ArrayList<>(list);
    switch (random.nextInt(4)) {
      case 0 -> {
        if (next.size() > 1) {
          next.remove(random.nextInt(next.size()));
        }
      }
      case 1 -> next.add(random.nextInt(next.size() + 1), view("new" + round, 100));
      case 2 -> {
        int at = random.nextInt(next.size());
        next.set(at, view(next.get(at).id(), 1 + random.nextInt(300)));
      }
      default -> Collections.shuffle(next, random);
    }
    return next;
  }

  /** Whose the keys are, all being usable. */
  private static List<String> owners(
      IncrementalHashRing layout, List<EndpointView> list, long seed, int keys) {
    Random random = new Random(seed);
    HashRing ring = layout.ring();
    @Nullable EndpointView[] views = layout.byNumber(new Balancer.Candidates(list, list));
    List<String> owners = new ArrayList<>();
    for (int i = 0; i < keys; i++) {
      int index = ring.indexOf(random.nextLong());
      EndpointView owner = views[ring.ownerAt(index)];
      while (owner == null) {
        index = ring.next(index);
        owner = views[ring.ownerAt(index)];
      }
      owners.add(owner.id());
    }
    return owners;
  }

  private static List<EndpointView> views(Random random, int count) {
    List<EndpointView> views = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      views.add(view("e" + i, 50 + random.nextInt(100)));
    }
    return views;
  }

  private static EndpointView view(String id, int weight) {
    Endpoint endpoint = Endpoint.of(id, "10.0.0.1", 1).withWeight(weight);
    return new EndpointView() {
      @Override
      public Endpoint endpoint() {
        return endpoint;
      }

      @Override
      public int inFlight() {
        return 0;
      }

      @Override
      public double latencyNanos() {
        return 0;
      }

      @Override
      public double failureRate() {
        return 0;
      }

      @Override
      public double reportedWeight() {
        return 0;
      }
    };
  }
}
