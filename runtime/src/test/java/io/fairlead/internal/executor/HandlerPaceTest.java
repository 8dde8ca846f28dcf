package io.fairlead.internal.executor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class HandlerPaceTest {
  private final HandlerPace pace = new HandlerPace();

  private void runs(int count, long nanos) {
    for (int i = 0; i < count; i++) {
      pace.record(nanos);
    }
  }

  @Test
  void aMethodThatIsNotKnownYetIsNotBrief() {
    assertFalse(pace.isBrief());
    runs(100, 1_000);
    assertFalse(pace.isBrief());
  }

  @Test
  void aMethodThatWasBriefLongEnoughIsBrief() {
    runs(101, 1_000);
    assertTrue(pace.isBrief());
  }

  @Test
  void oneLongRunIsForgivenAndTwoInARowAreNot() {
    runs(200, 1_000);
    pace.record(20_000_000_000L);
    assertTrue(pace.isBrief());
    pace.record(HandlerPace.LONG_NANOS + 1);
    assertFalse(pace.isBrief());
    runs(1, 1_000);
    assertTrue(pace.isBrief());
  }

  @Test
  void aMethodOfWhichOneRunInFortyIsLongIsNotBriefForLong() {
    runs(200, 1_000);
    int brief = 0;
    for (int i = 0; i < 4_000; i++) {
      pace.record(i % 40 == 0 ? 1_000_000 : 1_000);
      brief += pace.isBrief() && i > 2_000 ? 1 : 0;
    }
    assertTrue(brief < 400, brief + " of the last 2,000 runs were taken for brief");
  }

  @Test
  void aMethodOfWhichOneRunInTwoHundredIsLongStaysBrief() {
    runs(200, 1_000);
    for (int i = 0; i < 4_000; i++) {
      pace.record(i % 200 == 0 ? 1_000_000 : 1_000);
      assertTrue(pace.isBrief(), "after " + i);
    }
  }

  @Test
  void aMethodThatComputesForLongerThanAThreadTakesToWakeIsNotBrief() {
    runs(200, HandlerPace.BRIEF_NANOS + 1_000);
    assertFalse(pace.isBrief());
    runs(100, 1_000);
    assertTrue(pace.isBrief());
  }
}
