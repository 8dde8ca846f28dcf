package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.StaleIfErrorPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What is kept for bad times: no older and no more than the policy says. */
class LastGoodAnswersTest {
  private long now = 5;
  private final LastGoodAnswers kept =
      new LastGoodAnswers(StaleIfErrorPolicy.of("10s", 2), () -> now);

  @Test
  void anAnswerIsGivenUntilItIsTooOld() {
    kept.put("a", "good");
    now += TimeUnit.SECONDS.toNanos(10);
    assertThat(kept.get("a")).isEqualTo("good");
    now++;
    assertThat(kept.get("a")).isNull();
    now -= TimeUnit.SECONDS.toNanos(5);
    assertThat(kept.get("a")).as("forgotten for good").isNull();
  }

  @Test
  void aNewAnswerIsNewAgain() {
    kept.put("a", "old");
    now += TimeUnit.SECONDS.toNanos(9);
    kept.put("a", "new");
    now += TimeUnit.SECONDS.toNanos(9);
    assertThat(kept.get("a")).isEqualTo("new");
  }

  @Test
  void theOneThatWasUsedLeastRecentlyMakesRoom() {
    kept.put("a", 1);
    kept.put("b", 2);
    assertThat(kept.get("a")).isEqualTo(1);
    kept.put("c", 3);
    assertThat(kept.get("b")).isNull();
    assertThat(kept.get("a")).isEqualTo(1);
    assertThat(kept.get("c")).isEqualTo(3);
  }

  /** Through the whole stack, with its clock: equal bytes are the same request. */
  @Test
  void aCallGetsTheAnswerToAnEqualRequestUntilItIsTooOld() throws Exception {
    AtomicBoolean down = new AtomicBoolean();
    MethodContract<StringValue, StringValue> say =
        Peer.say(
            MethodPolicy.builder().staleIfError(StaleIfErrorPolicy.of("10s", 10)).build(), false);
    Peer.Script script =
        (n, call) -> {
          if (down.get()) {
            call.fail(Status.UNAVAILABLE);
          } else {
            call.reply("answer to " + call.request);
          }
        };
    try (Peer peer = Peer.start(script);
        OpenStack stack = new OpenStack(peer.target(), settings -> {})) {
      Peer.call(stack, say, "a");
      down.set(true);
      stack.nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
      assertThat(Peer.call(stack, say, "a")).isEqualTo("answer to a");
      stack.nanos.addAndGet(1);
      assertThat(
              catchThrowableOfType(StatusRuntimeException.class, () -> Peer.call(stack, say, "a"))
                  .getStatus()
                  .getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }
}
