package io.fairlead.policy;

import static io.fairlead.policy.MixedLoadSimulation.MILLI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {
  private final AdaptiveLimit limit = new AdaptiveLimit(AdaptiveLimitPolicy.standard());
  private long now;

  private record Call(int ticket, long began, long ends) {}

  @Test
  void growsWhileInUseAndNotSlower() {
    rounds(limit, 400, 1, place -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThan(500);
  }

  @Test
  void staysWhereItIsWhenNotInUse() {
    rounds(limit, 500, 0.5, place -> 10 * MILLI);
    assertThat(limit.limit()).isEqualTo(20);
  }

  @Test
  void shrinksWhenTheQuickCallsGetSlower() {
    rounds(limit, 100, 1, place -> 10 * MILLI);
    int before = limit.limit();
    assertThat(before).isGreaterThan(40);
    // Each call less in flight makes the others quicker, as in a queue.
    rounds(limit, 500, 1, place -> limit.limit() * MILLI);
    assertThat(limit.limit()).isBetween(10, 20);
  }

  @Test
  void learnsAnewWhenTheMethodItselfBecameSlower() {
    rounds(limit, 50, 1, place -> 10 * MILLI);
    int before = limit.limit();
    rounds(limit, 500, 1, place -> 50 * MILLI);
    assertThat(limit.limit()).isGreaterThan(before);
  }

  @Test
  void keepsWhatItKnowsWhileNobodyCalls() {
    rounds(limit, 50, 1, place -> 10 * MILLI);
    int before = limit.limit();
    now += 3_600_000 * MILLI;
    rounds(limit, 50, 1, place -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThanOrEqualTo(before);
  }

  @Test
  void takesBackAStepThatMadeCallsSlowerAndHasToEarnTheNext() {
    int spoilt = 0;
    for (int round = 0; round < 1_000; round++) {
      rounds(limit, 1, 1, place -> (place > 24 ? 100 : 10) * MILLI);
      spoilt += Math.max(0, limit.limit() - 24);
      assertThat(limit.limit()).isLessThan(40);
    }
    assertThat(limit.limit()).isBetween(20, 26);
    // Of some 24,000; the first step is from 20 to 30, and nothing had to be earned for it.
    assertThat(spoilt).isLessThan(240);
  }

  @Test
  void aCallThatTakesTooLongCountsBeforeItEnds() {
    int most = 0;
    for (int round = 0; round < 1_000; round++) {
      long began = now;
      now += 10 * MILLI;
      for (int place = 1; place <= limit.limit(); place++) {
        int ticket = limit.begin(began, place);
        if (place <= 24) {
          limit.end(ticket, now, now - began);
        }
      }
      most = Math.max(most, limit.limit());
    }
    assertThat(most).isBetween(25, 39);
    assertThat(limit.limit()).isBetween(20, 26);
  }

  @Test
  void neverLeavesItsBounds() {
    AdaptiveLimit bounded = new AdaptiveLimit(AdaptiveLimitPolicy.standard().between(5, 10, 12));
    for (int i = 1; i < 500; i++) {
      long latency = (i / 50 % 2 == 0 ? 1 : 100) * MILLI;
      rounds(bounded, 1, 1, place -> latency);
      assertThat(bounded.limit()).isBetween(5, 12);
    }
  }

  @Test
  void aPolicyThatCannotBeIsRefused() {
    assertThatThrownBy(() -> AdaptiveLimitPolicy.standard().between(10, 5, 20))
        .hasMessage(
            "adaptive limit min 10, initial 5, max 20 are not in the order 1 <= min <= initial <="
                + " max");
    assertThatThrownBy(() -> new AdaptiveLimitPolicy(5, 1, 9, 1.0, Duration.ofSeconds(1)))
        .hasMessage("adaptive limit tolerance 1.0 is not above 1 and at most 10");
  }

  /** In each, calls that begin at once fill this part of the places, and all of them end. */
  private void rounds(AdaptiveLimit of, int count, double use, IntToLongFunction latency) {
    for (int round = 0; round < count; round++) {
      int places = (int) (of.limit() * use);
      PriorityQueue<Call> calls = new PriorityQueue<>(Comparator.comparingLong(Call::ends));
      for (int place = 1; place <= places; place++) {
        calls.add(new Call(of.begin(now, place), now, now + latency.applyAsLong(place)));
      }
      while (!calls.isEmpty()) {
        Call call = calls.remove();
        now = call.ends();
        of.end(call.ticket(), now, now - call.began());
      }
    }
  }
}
