package io.fairlead.server.internal.admission;

import static io.fairlead.server.internal.admission.MixedLoadSimulation.MILLI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.policy.AdaptiveLimitPolicy;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class AdaptiveConcurrencyLimitTest {
  private final AdaptiveConcurrencyLimit limit =
      new AdaptiveConcurrencyLimit(AdaptiveLimitPolicy.standard());
  private long now;

  private record Call(int ticket, long began, long ends) {}

  @Test
  void growsWhileInUseAndNotSlower() {
    rounds(limit, 400, 1, permit -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThan(500);
  }

  @Test
  void staysWhereItIsWhenNotInUse() {
    rounds(limit, 500, 0.5, permit -> 10 * MILLI);
    assertThat(limit.limit()).isEqualTo(20);
  }

  @Test
  void shrinksWhenTheQuickCallsGetSlower() {
    rounds(limit, 100, 1, permit -> 10 * MILLI);
    int before = limit.limit();
    assertThat(before).isGreaterThan(40);
    // Each call less in flight makes the others quicker, as in a queue.
    rounds(limit, 500, 1, permit -> limit.limit() * MILLI);
    assertThat(limit.limit()).isLessThanOrEqualTo(20);
  }

  @Test
  void learnsAnewWhenTheMethodItselfBecameSlower() {
    rounds(limit, 60, 1, permit -> 10 * MILLI);
    int before = limit.limit();
    int least = before;
    for (int round = 0; round < 500; round++) {
      rounds(limit, 1, 1, permit -> 50 * MILLI);
      least = Math.min(least, limit.limit());
    }
    assertThat(least).isLessThan(before);
    assertThat(limit.limit()).isGreaterThan(before);
  }

  @Test
  void keepsTheLimitWhenARareCallBecomesSlower() {
    rounds(limit, 50, 0.1, permit -> 5 * MILLI);
    for (int call = 0; call < 2_000; call++) {
      now += 60_000 * MILLI;
      rounds(limit, 1, 0.05, permit -> 12 * MILLI);
      assertThat(limit.limit()).isEqualTo(20);
    }
  }

  @Test
  void hangingCallsTakeNoMoreThanTheirOwnPermits() {
    rounds(limit, 50, 1, permit -> 10 * MILLI);
    int hung = limit.limit() * 3 / 5;
    for (int permit = 1; permit <= hung; permit++) {
      limit.begin(now, permit);
    }
    int served = 0;
    for (int i = 0; i < 100_000; i++) {
      now += 10 * MILLI;
      if (limit.limit() > hung) {
        int ticket = limit.begin(now - 10 * MILLI, hung + 1);
        limit.end(ticket, now, 10 * MILLI, true);
        served++;
      } else {
        limit.onRejected(now, hung);
      }
    }
    // Each time that it takes the last permit away it needs a minute of the 1,000 s to see that.
    assertThat(served).isGreaterThan(80_000);
  }

  /** A method that nobody called for long is not one whose calls never end. */
  @Test
  void rejectionAfterAQuietPeriodAdmitsNoExtraCall() {
    now = 12 * 3_600_000L * MILLI;
    limit.onRejected(now, 20);
    assertThat(limit.limit()).isEqualTo(20);
    rounds(limit, 1, 0.5, permit -> 10 * MILLI);
    now += 12 * 3_600_000L * MILLI;
    limit.onRejected(now, 20);
    assertThat(limit.limit()).isEqualTo(20);
    now += 61_000L * MILLI;
    limit.onRejected(now, 20);
    assertThat(limit.limit()).isEqualTo(21);
  }

  @Test
  void aCohortOfCallsThatNeverEndIsJudgedToo() {
    rounds(limit, 20, 1, permit -> 10 * MILLI);
    int before = limit.limit();
    for (int permit = 1; permit <= 15; permit++) {
      limit.begin(now, permit);
    }
    rounds(limit, 400, 1, permit -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThan(before);
  }

  @Test
  void aProbeInWhichTheTrafficStopsIsNotRememberedForDays() {
    rounds(limit, 4, 1, permit -> 10 * MILLI);
    now += 24 * 3_600_000L * MILLI;
    rounds(limit, 30, 1, permit -> 10 * MILLI);
    int before = limit.limit();
    rounds(limit, 400, 1, permit -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThan(before);
  }

  @Test
  void growsWhereCallsComeInBurstsOfThousands() {
    rounds(limit, 2_000, 1, permit -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThan(2_000);
  }

  /** Their callers gave up after 15 ms, which is less than what counts as quick. */
  @Test
  void callsThatAreCancelledDoNotCountAsQuick() {
    rounds(limit, 100, 1, permit -> 10 * MILLI);
    int before = limit.limit();
    for (int round = 0; round < 400; round++) {
      int permits = limit.limit();
      int[] tickets = new int[permits + 1];
      for (int permit = 1; permit <= permits; permit++) {
        tickets[permit] = limit.begin(now, permit);
      }
      now += 15 * MILLI;
      for (int permit = 1; permit <= permits; permit++) {
        limit.end(tickets[permit], now, 15 * MILLI, permit <= 20);
      }
    }
    assertThat(limit.limit()).isLessThan(before);
  }

  @Test
  void keepsWhatItKnowsWhileNobodyCalls() {
    rounds(limit, 50, 1, permit -> 10 * MILLI);
    int before = limit.limit();
    now += 3_600_000 * MILLI;
    rounds(limit, 50, 1, permit -> 10 * MILLI);
    assertThat(limit.limit()).isGreaterThanOrEqualTo(before);
  }

  @Test
  void revertsAnIncreaseThatSlowedCalls() {
    int spoilt = 0;
    for (int round = 0; round < 1_000; round++) {
      rounds(limit, 1, 1, permit -> (permit > 24 ? 100 : 10) * MILLI);
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
      for (int permit = 1; permit <= limit.limit(); permit++) {
        int ticket = limit.begin(began, permit);
        if (permit <= 24) {
          limit.end(ticket, now, now - began, true);
        }
      }
      most = Math.max(most, limit.limit());
    }
    assertThat(most).isBetween(25, 39);
    assertThat(limit.limit()).isBetween(20, 26);
  }

  @Test
  void usesItsBoundsAndNeverLeavesThem() {
    AdaptiveConcurrencyLimit bounded =
        new AdaptiveConcurrencyLimit(AdaptiveLimitPolicy.builder().between(5, 10, 12).build());
    int least = 10;
    int most = 10;
    for (int i = 0; i < 1_000; i++) {
      // From the middle on a queue: each call more makes all slower.
      int calls = bounded.limit();
      long latency = (i < 500 ? 1 : calls * calls) * MILLI;
      rounds(bounded, 1, 1, permit -> latency);
      least = Math.min(least, bounded.limit());
      most = Math.max(most, bounded.limit());
    }
    assertThat(least).isEqualTo(5);
    assertThat(most).isEqualTo(12);
  }

  @Test
  void aPolicyThatCannotBeIsRefused() {
    assertThatThrownBy(() -> AdaptiveLimitPolicy.builder().between(10, 5, 20).build())
        .hasMessage(
            "adaptive limit min 10, initial 5, max 20 are not in the order 1 <= min <= initial <="
                + " max");
    assertThatThrownBy(() -> AdaptiveLimitPolicy.builder().tolerance(1).build())
        .hasMessage("adaptive limit tolerance 1 is out of range; use 1.01 to 10");
    assertThatThrownBy(() -> AdaptiveLimitPolicy.builder().window(Duration.ofDays(1)).build())
        .hasMessage("adaptive limit window 24h is out of range; use 1ms to 1h");
  }

  /** In each, calls that begin at once fill this part of the permits, and all of them end. */
  private void rounds(
      AdaptiveConcurrencyLimit of, int count, double use, IntToLongFunction latency) {
    for (int round = 0; round < count; round++) {
      int permits = (int) (of.limit() * use);
      PriorityQueue<Call> calls = new PriorityQueue<>(Comparator.comparingLong(Call::ends));
      for (int permit = 1; permit <= permits; permit++) {
        calls.add(new Call(of.begin(now, permit), now, now + latency.applyAsLong(permit)));
      }
      while (!calls.isEmpty()) {
        Call call = calls.remove();
        now = call.ends();
        of.end(call.ticket(), now, now - call.began(), true);
      }
    }
  }
}
