package io.fairlead.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashRingTest {
  private static final int POINTS = 160;

  @Test
  void aRingThatIsTakenOnIsTheRingThatIsMadeAnew() {
    Random random = new Random(5);
    List<EndpointView> list = views(random, 30);
    HashRing ring = HashRing.of(list, POINTS);
    for (int round = 0; round < 200; round++) {
      List<EndpointView> next = new ArrayList<>(list);
      int change = random.nextInt(4);
      if (change == 0 && !next.isEmpty()) {
        next.remove(random.nextInt(next.size()));
      } else if (change == 1) {
        next.add(random.nextInt(next.size() + 1), view("new" + round, 100));
      } else if (change == 2 && !next.isEmpty()) {
        int at = random.nextInt(next.size());
        next.set(at, view(next.get(at).id(), 1 + random.nextInt(300)));
      } else {
        Collections.shuffle(next, random);
      }
      ring = ring.next(list, next, POINTS);
      list = next;
      HashRing anew = HashRing.of(list, POINTS);
      assertThat(ring.size()).isEqualTo(anew.size());
      for (int place = 0; place < ring.size(); place++) {
        assertThat(ring.ownerAt(place)).isEqualTo(anew.ownerAt(place));
      }
      long key = random.nextLong();
      assertThat(ring.placeOf(key)).isEqualTo(anew.placeOf(key));
    }
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
      public double failureShare() {
        return 0;
      }

      @Override
      public double reportedWeight() {
        return 0;
      }
    };
  }
}
