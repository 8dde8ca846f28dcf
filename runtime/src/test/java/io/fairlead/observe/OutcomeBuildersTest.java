package io.fairlead.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** An outcome keeps the values of its builder, so nobody may change them there afterwards. */
class OutcomeBuildersTest {
  private static void refused(ThrowingCallable change) {
    assertThatThrownBy(change)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this builder has made its outcome; start another one");
  }

  @Test
  void anAttemptStaysAsItEnded() {
    AttemptOutcome.Builder builder =
        AttemptOutcome.builder(1, Kind.FIRST)
            .status(Code.OK, "", StatusOrigin.WIRE)
            .times(Duration.ZERO, Duration.ofNanos(2), Duration.ofNanos(3));
    AttemptOutcome made = builder.build();
    refused(() -> builder.status(Code.INTERNAL, "later", StatusOrigin.LOCAL));
    refused(() -> builder.times(Duration.ofDays(1), Duration.ZERO, Duration.ZERO));
    refused(builder::build);
    assertThat(made.code()).isEqualTo(Code.OK);
    assertThat(made.startedAfter()).isEqualTo(Duration.ZERO);
    assertThat(made.totalTime()).isEqualTo(Duration.ofNanos(5));
  }

  @Test
  void aCallStaysAsItEndedAndAnotherMayBeginFromIt() {
    CallOutcome.Builder builder =
        CallOutcome.builder("shop.v1.Inventory/Reserve", "x", ResolvedPolicy.of(List.of()))
            .status(Code.UNAVAILABLE, "gone", StatusOrigin.LOCAL)
            .totalTime(Duration.ofMillis(7));
    CallOutcome made = builder.build();
    refused(() -> builder.status(Code.OK, "", StatusOrigin.WIRE));
    refused(() -> builder.rejectedByBreaker(true));
    assertThat(made.toBuilder().endReason("no budget").build().toString())
        .isEqualTo(made.toString());
    assertThat(made.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(made.totalTime()).isEqualTo(Duration.ofMillis(7));
    assertThat(made.endReason()).isEmpty();
  }

  @Test
  void aServedCallStaysAsItEndedAndSaysWhatItDoesNotHave() {
    ServerCallOutcome.Builder builder = ServerCallOutcome.builder("other");
    ServerCallOutcome made = builder.build();
    refused(() -> builder.handlerTime(Duration.ofSeconds(1)));
    refused(() -> builder.responses(1, 2));
    assertThat(made.handlerTime()).isEmpty();
    assertThat(made.deadline()).isEmpty();
    assertThat(made.queueTime()).isEqualTo(Duration.ZERO);
    assertThat(ServerCallOutcome.builder("a").deadline(Duration.ofNanos(-1)).build().deadline())
        .isEqualTo(Optional.of(Duration.ofNanos(-1)));
  }
}
