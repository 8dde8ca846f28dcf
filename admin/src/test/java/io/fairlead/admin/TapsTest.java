package io.fairlead.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.TapRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which calls a tap shows, and how many. */
class TapsTest {
  private long now;
  private final Taps taps = new Taps(() -> now);

  private static Call call(String method, String code, long millis) {
    return Call.newBuilder()
        .setMethod(method)
        .setCode(code)
        .setTook(StateMessages.duration(Duration.ofMillis(millis)))
        .build();
  }

  private static List<Call> drain(Tail<Call> tail) {
    List<Call> got = new ArrayList<>();
    for (Call call = tail.poll(); call != null; call = tail.poll()) {
      got.add(call);
    }
    return got;
  }

  @Test
  void onlyTheWantedCallsAreShown() {
    Tail<Call> service = taps.open(TapRequest.newBuilder().setMethod("shop.Stock").build());
    Tail<Call> failed = taps.open(TapRequest.newBuilder().setFailed(true).build());
    Tail<Call> slow =
        taps.open(
            TapRequest.newBuilder()
                .setAtLeast(StateMessages.duration(Duration.ofMillis(50)))
                .build());
    taps.add(call("shop.Stock/Get", "OK", 10));
    taps.add(call("shop.Stocks/Get", "OK", 50));
    taps.add(call("shop.Other/Get", "UNAVAILABLE", 49));
    assertThat(drain(service)).extracting(Call::getMethod).containsExactly("shop.Stock/Get");
    assertThat(drain(failed)).extracting(Call::getMethod).containsExactly("shop.Other/Get");
    assertThat(drain(slow)).extracting(Call::getMethod).containsExactly("shop.Stocks/Get");
  }

  @Test
  void aFloodIsThinnedAndCounted() {
    Tail<Call> tail = taps.open(TapRequest.newBuilder().setPerSecond(10).build());
    for (int i = 0; i < 25; i++) {
      taps.add(call("shop.Stock/Get", "OK", 1));
    }
    List<Call> first = drain(tail);
    assertThat(first).hasSize(10);
    assertThat(first.get(9).getLost()).isEqualTo(15);
    now += 999_999_999;
    taps.add(call("shop.Stock/Get", "OK", 1));
    assertThat(drain(tail)).isEmpty();
    now += 1;
    taps.add(call("shop.Stock/Get", "OK", 1));
    assertThat(drain(tail)).singleElement().satisfies(each -> assertThat(each.getLost()).isOne());
  }

  @Test
  void nobodyOpensTooManyOrTooFastOnes() {
    List<Tail<Call>> open = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      open.add(taps.open(TapRequest.getDefaultInstance()));
    }
    StatusRuntimeException full =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> taps.open(TapRequest.getDefaultInstance()));
    assertThat(full.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    open.forEach(Tail::close);
    assertThat(taps.isOpen()).isFalse();
    StatusRuntimeException fast =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> taps.open(TapRequest.newBuilder().setPerSecond(1_001).build()));
    assertThat(fast.getStatus().getDescription())
        .isEqualTo("per_second 1001 is not from 1 to 1000");
  }
}
