package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.StaleIfErrorPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What is kept for bad times: no older and no more than the policy says. */
class StaleIfErrorCacheTest {
  private long now = 5;
  private final StaleIfErrorCache cache =
      new StaleIfErrorCache(
          StaleIfErrorPolicy.builder().maxAge(Duration.ofSeconds(10)).maxEntries(2).build(),
          () -> now);

  @Test
  void responseIsServedUntilItExpires() {
    cache.put("a", "good");
    now += TimeUnit.SECONDS.toNanos(10);
    assertThat(cache.get("a")).isEqualTo("good");
    now++;
    assertThat(cache.get("a")).isNull();
    now -= TimeUnit.SECONDS.toNanos(5);
    assertThat(cache.get("a")).as("forgotten for good").isNull();
  }

  @Test
  void newResponseRestartsTheMaxAge() {
    cache.put("a", "old");
    now += TimeUnit.SECONDS.toNanos(9);
    cache.put("a", "new");
    now += TimeUnit.SECONDS.toNanos(9);
    assertThat(cache.get("a")).isEqualTo("new");
  }

  @Test
  void leastRecentlyUsedResponseIsEvicted() {
    cache.put("a", 1);
    cache.put("b", 2);
    assertThat(cache.get("a")).isEqualTo(1);
    cache.put("c", 3);
    assertThat(cache.get("b")).isNull();
    assertThat(cache.get("a")).isEqualTo(1);
    assertThat(cache.get("c")).isEqualTo(3);
  }

  /** Through the whole stack, with its clock: equal bytes are the same request. */
  @Test
  void failedCallGetsTheStaleResponseOfAnEqualRequest() throws Exception {
    AtomicBoolean down = new AtomicBoolean();
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(
            MethodPolicy.builder()
                .staleIfError(
                    StaleIfErrorPolicy.builder()
                        .maxAge(Duration.ofSeconds(10))
                        .maxEntries(10)
                        .build())
                .build(),
            false);
    ScriptedServer.Script script =
        (n, call) -> {
          if (down.get()) {
            call.fail(Status.UNAVAILABLE);
          } else {
            call.reply("answer to " + call.request);
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        OpenStack stack = new OpenStack(server.target(), channelConfig -> {})) {
      ScriptedServer.call(stack, say, "a");
      down.set(true);
      stack.nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
      assertThat(ScriptedServer.call(stack, say, "a")).isEqualTo("answer to a");
      stack.nanos.addAndGet(1);
      assertThat(
              catchThrowableOfType(
                      StatusRuntimeException.class, () -> ScriptedServer.call(stack, say, "a"))
                  .getStatus()
                  .getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }
}
