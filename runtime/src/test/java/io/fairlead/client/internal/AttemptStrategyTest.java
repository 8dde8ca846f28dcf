package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.internal.AttemptStrategy.Backoff;
import io.fairlead.client.internal.AttemptStrategy.Counts;
import io.fairlead.client.internal.AttemptStrategy.Delay;
import io.fairlead.client.internal.AttemptStrategy.Finish;
import io.fairlead.client.internal.AttemptStrategy.Send;
import io.fairlead.client.internal.AttemptStrategy.Step;
import io.fairlead.client.internal.AttemptStrategy.Wait;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.AttemptResult.Pushback;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What follows a failed attempt, as tables: no socket, no clock, no thread. */
class AttemptStrategyTest {
  private static final Pushback NO_PUSHBACK = new Pushback(false, 0);
  private static final long MS = 1_000_000;
  private static final Pushback NEVER = new Pushback(true, -1);
  private static final Pushback SOON = new Pushback(true, 7);

  private static final AttemptStrategy RETRY =
      new RetryStrategy(RetryPolicy.builder().attempts(3).build(), true, FailureMode.FAILOVER);
  private static final AttemptStrategy UNSAFE =
      new RetryStrategy(RetryPolicy.builder().attempts(3).build(), false, FailureMode.FAILOVER);
  private static final AttemptStrategy NONE = new RetryStrategy(null, true, FailureMode.FAILOVER);
  private static final AttemptStrategy FAILFAST =
      new RetryStrategy(null, true, FailureMode.FAILFAST);
  private static final AttemptStrategy HEDGE =
      new HedgingStrategy(HedgingPolicy.builder().attempts(3).delay(Duration.ofMillis(20)).build());

  private static final AttemptResult REFUSED =
      failed(Status.UNAVAILABLE, RpcProgress.REFUSED, NO_PUSHBACK);
  private static final AttemptResult DOWN =
      failed(Status.UNAVAILABLE, RpcProgress.SENT, NO_PUSHBACK);
  private static final AttemptResult WRONG =
      failed(Status.INVALID_ARGUMENT, RpcProgress.SENT, NO_PUSHBACK);

  private static AttemptResult failed(Status status, RpcProgress progress, Pushback pushback) {
    Code code = Code.of(status.getCode().value());
    return new AttemptResult(
        null,
        status,
        status,
        code,
        progress,
        StatusOrigin.WIRE,
        0,
        1,
        1,
        false,
        false,
        false,
        false,
        false,
        pushback);
  }

  private static AttemptResult down(Pushback pushback) {
    return failed(Status.UNAVAILABLE, RpcProgress.SENT, pushback);
  }

  /** After so many attempts, with so many under way. */
  private static Counts counts(int sent, int running) {
    return new Counts(sent, running, 0, 1, false, false, false, Long.MAX_VALUE, 0.5);
  }

  private static Counts left(long nanos) {
    return new Counts(1, 0, 0, 1, false, false, false, nanos, 0.5);
  }

  private static final Counts FIRST = counts(1, 0);
  private static final Counts STOPPED = new Counts(1, 1, 0, 1, true, false, false, 9 * MS, 0);
  private static final Counts GONE = new Counts(1, 0, 0, 1, true, true, false, 9 * MS, 0);
  private static final Counts CLOSING = new Counts(1, 0, 0, 1, false, false, true, 9 * MS, 0);
  private static final Counts RESENT = new Counts(1, 0, 5, 1, false, false, false, 90 * MS, 0.5);

  record Row(
      String name, AttemptStrategy strategy, AttemptResult failed, Counts counts, Step step) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> rows() {
    Step again = new Backoff(25 * MS);
    Step resend = new Send(Kind.RESEND);
    return Stream.of(
        new Row("retry after a failure", RETRY, DOWN, FIRST, again),
        new Row("retry when the server asks", RETRY, down(SOON), FIRST, new Backoff(7 * MS)),
        new Row(
            "retry unless told not to",
            RETRY,
            down(NEVER),
            FIRST,
            new Finish("the server asked for no more")),
        new Row(
            "retry not after another code",
            RETRY,
            WRONG,
            FIRST,
            new Finish("its code is not retried")),
        new Row(
            "retry not after the last",
            RETRY,
            DOWN,
            counts(3, 0),
            new Finish("all attempts are used")),
        new Row(
            "retry not past the deadline",
            RETRY,
            DOWN,
            left(MS),
            new Finish("the deadline leaves no time for another")),
        new Row(
            "retry not for one who left", RETRY, DOWN, GONE, new Finish("the caller cancelled it")),
        new Row(
            "retry not on a closing channel",
            RETRY,
            DOWN,
            CLOSING,
            new Finish("the channel was closed; keep one open for as long as calls are made")),
        new Row(
            "retry only what is idempotent",
            UNSAFE,
            DOWN,
            FIRST,
            new Finish("it may have been executed, and the method is not idempotent")),
        new Row("resend what nobody looked at", UNSAFE, REFUSED, FIRST, resend),
        new Row("resend without a policy", NONE, REFUSED, FIRST, resend),
        new Row("resend not for ever", RETRY, REFUSED, RESENT, again),
        new Row(
            "resend not for one who left",
            NONE,
            REFUSED,
            GONE,
            new Finish("the caller cancelled it")),
        new Row("no policy", NONE, DOWN, FIRST, new Finish("no retry policy")),
        new Row("fail fast", FAILFAST, DOWN, FIRST, new Finish("failure mode FAILFAST")),
        new Row("hedge at once after a failure", HEDGE, DOWN, counts(1, 0), new Send(Kind.HEDGE)),
        new Row("hedge beside others", HEDGE, DOWN, counts(2, 1), new Send(Kind.HEDGE)),
        new Row("hedge later beside others", HEDGE, down(SOON), counts(2, 1), new Delay(7 * MS)),
        new Row("hedge later alone", HEDGE, down(SOON), FIRST, new Backoff(7 * MS)),
        new Row(
            "hedge not past the deadline",
            HEDGE,
            down(SOON),
            left(MS),
            new Finish("the deadline leaves no time for another")),
        new Row("hedge resends too", HEDGE, REFUSED, counts(3, 0), resend),
        new Row("hedge waits for the others", HEDGE, DOWN, counts(3, 1), new Wait()),
        new Row(
            "hedge fails with the last",
            HEDGE,
            DOWN,
            counts(3, 0),
            new Finish("all hedges failed")),
        new Row("hedge waits when stopped", HEDGE, DOWN, STOPPED, new Wait()),
        new Row(
            "hedge ends with another code",
            HEDGE,
            WRONG,
            counts(2, 1),
            new Finish("its code ends the call")),
        new Row(
            "hedge ends for one who left",
            HEDGE,
            DOWN,
            GONE,
            new Finish("the caller cancelled it")));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void stepAfterAFailedAttempt(Row row) {
    assertThat(row.strategy().next(row.failed(), row.counts())).isEqualTo(row.step());
  }

  static Stream<Row> unpaid() {
    return Stream.of(
        new Row("retry", RETRY, DOWN, FIRST, new Finish("the retry budget is used up")),
        new Row("hedge alone", HEDGE, DOWN, FIRST, new Finish("no further hedge was allowed")),
        new Row("hedge beside others", HEDGE, DOWN, counts(2, 1), new Wait()));
  }

  @ParameterizedTest
  @MethodSource("unpaid")
  void stepWithoutBudget(Row row) {
    assertThat(row.strategy().withoutBudget(row.counts())).isEqualTo(row.step());
  }
}
