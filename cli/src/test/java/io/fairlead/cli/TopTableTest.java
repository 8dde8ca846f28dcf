package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.protobuf.util.Durations;
import io.fairlead.admin.v1.Call;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code fairlead top} makes of the calls of an interval. */
class TopTableTest {
  private final TopTable methods = new TopTable(TopTable.By.METHOD, Duration.ofSeconds(2));
  private final TopTable instances = new TopTable(TopTable.By.INSTANCE, Duration.ofSeconds(2));

  private static Call call(String method, String code, long millis) {
    return Call.newBuilder()
        .setSide(Call.Side.SERVER)
        .setMethod(method)
        .setCode(code)
        .setTook(Durations.fromMillis(millis))
        .build();
  }

  private void add(String instance, Call call) {
    methods.add(instance, call);
    instances.add(instance, call);
  }

  @Test
  void theBusiestMethodComesFirst() {
    for (int i = 1; i <= 100; i++) {
      add(i % 2 == 0 ? "s/a" : "s/b", call("S/Often", i <= 4 ? "UNAVAILABLE" : "OK", i));
    }
    add("s/a", call("S/Seldom", "OK", 500));
    methods.inFlight("s/a", 3);
    methods.inFlight("s/b", 4);
    assertThat(methods.lines("s", TopTable.Sort.RATE, 10))
        .containsExactly(
            "s: 2 instances, 50.5 calls/s, 2.0 failed/s, 7 in flight",
            "METHOD    CALLS/S  FAILED/S  P50 MS  P99 MS",
            "S/Often   50.0     2.0       51.0    100.0",
            "S/Seldom  0.5      0.0       500.0   500.0");
    assertThat(methods.lines("s", TopTable.Sort.P99, 1))
        .endsWith("S/Seldom  0.5      0.0       500.0   500.0", "1 more; --rows shows them");
  }

  @Test
  void anInstanceWithoutCallsIsShownToo() {
    add("s/a", call("S/M", "OK", 10));
    instances.inFlight("s/a", 1);
    instances.inFlightUnknown("s/b");
    assertThat(instances.lines("s", TopTable.Sort.INFLIGHT, 10))
        .containsExactly(
            "s: 2 instances, 0.5 calls/s, 0.0 failed/s, unknown in flight",
            "INSTANCE  CALLS/S  FAILED/S  P50 MS  P99 MS  IN FLIGHT",
            "s/a       0.5      0.0       10.0    10.0    1",
            "s/b       0.0      0.0       -       -       unknown");
    JsonObject idle =
        instances.json("s", TopTable.Sort.NAME).getAsJsonArray("rows").get(1).getAsJsonObject();
    assertThat(idle.get("instance").getAsString()).isEqualTo("s/b");
    assertThat(idle.get("p50Millis").isJsonNull()).isTrue();
    assertThat(idle.get("inFlight").isJsonNull()).isTrue();
  }

  @Test
  void callsThatAProcessHasLeftOutAreCounted() {
    add("s/a", call("S/M", "OK", 10).toBuilder().setLost(8).build());
    add("s/a", call("S/N", "INTERNAL", 10));
    add("s/b", call("S/M", "OK", 10));
    List<String> lines = methods.lines("s", TopTable.Sort.NAME, 10);
    assertThat(lines.get(0))
        .isEqualTo(
            "s: 2 instances, 5.5 calls/s, 2.5 failed/s, unknown in flight; 8 calls were left out and"
                + " are estimated");
    assertThat(lines.get(2)).startsWith("S/M     3.0 ");
    assertThat(lines.get(3)).startsWith("S/N     2.5      2.5 ");
    assertThat(methods.json("s", TopTable.Sort.NAME).get("leftOut").getAsInt()).isEqualTo(8);
  }

  @Test
  void callsThatTheInstancesMakeThemselvesAreNotTheirLoad() {
    add("s/a", call("Other/M", "OK", 10).toBuilder().setSide(Call.Side.CLIENT).build());
    assertThat(methods.lines("s", TopTable.Sort.RATE, 10).get(0)).contains(" 0.0 calls/s");
  }
}
