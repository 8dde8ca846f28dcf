package io.fairlead.balance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TurnsTest {
  @Test
  void turnsFollowEachOtherAlsoWhenTheNumbersRunOut() {
    Pick pick = Attempt.first(null, EndpointGate.OPEN);
    Turns turns = new Turns();
    int first = turns.next(pick);
    assertThat(first).isNotNegative();
    assertThat(turns.next(pick)).isEqualTo(first + 1);
    turns.set(Integer.MAX_VALUE);
    assertThat(turns.next(pick)).isEqualTo(Integer.MAX_VALUE);
    int again = turns.next(pick);
    assertThat(again).isNotNegative();
    assertThat(turns.next(pick)).isEqualTo(again + 1);
  }
}
