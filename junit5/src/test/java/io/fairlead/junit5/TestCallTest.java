package io.fairlead.junit5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.ErrorInfo;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.MethodPolicy;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

class TestCallTest {
  private static final Metadata.Key<String> NOTE =
      Metadata.Key.of("note", Metadata.ASCII_STRING_MARSHALLER);
  private static final ErrorInfo INFO = ErrorInfo.newBuilder().setReason("SOLD_OUT").build();

  @RegisterExtension
  final FairleadExtension fairlead =
      FairleadExtension.builder()
          .service(
              InventoryRpc.bind(
                  new Inventory() {
                    @Override
                    public Reservation reserve(ReserveRequest request) {
                      throw RpcException.answer(Status.Code.NOT_FOUND, "no kettle", INFO);
                    }
                  }))
          // The contract's is for production.
          .channel(
              channel ->
                  channel
                      .service(InventoryRpc.service())
                      .policy(
                          InventoryRpc.RESERVE.fullName(),
                          MethodPolicy.builder().deadline(Duration.ofMinutes(1)).build()))
          .build();

  @Test
  void aHandlerFindsItsCallWithoutAServer() throws Exception {
    InetSocketAddress peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);
    try (TestCall call =
        TestCall.builder(InventoryRpc.RESERVE)
            .header("x-caller", "ann")
            .deadline(Duration.ofMinutes(1))
            .peer(peer)
            .build()) {
      String caller =
          call.run(
              () -> {
                CallContext current = CallContext.current();
                current.responseHeaders().put(NOTE, "kept");
                current.sendResponseHeaders();
                return current.header("x-caller").orElseThrow();
              });
      assertThat(caller).isEqualTo("ann");
      assertThat(call.context().method()).isEqualTo("shop.v1.Inventory/Reserve");
      assertThat(call.context().peer()).contains(peer);
      assertThat(call.context().remaining().orElseThrow()).isPositive();
      assertThat(call.context().responseHeaders().get(NOTE)).isEqualTo("kept");
      assertThat(call.headersSent()).isTrue();
    }
    assertThat(CallContext.find()).isEmpty();
  }

  @Test
  void aHandlerSeesThatItsCallerLeaves() {
    AtomicBoolean told = new AtomicBoolean();
    try (TestCall call = TestCall.builder(InventoryRpc.RESERVE).build()) {
      call.context().onCancel(() -> told.set(true));
      assertThat(call.context().isCancelled()).isFalse();
      call.cancel();
      assertThat(call.context().isCancelled()).isTrue();
      assertThat(told).isTrue();
    }
  }

  @Test
  void aFakeThrowsWhatAClientThrows() {
    RpcException faked =
        TestCall.failure(InventoryRpc.RESERVE, Status.Code.NOT_FOUND, "no kettle", INFO);
    Inventory inventory = InventoryRpc.client(fairlead.channel());
    assertThatThrownBy(() -> inventory.reserve(ReserveRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            RpcException.class,
            real -> {
              assertThat(faked.code()).isEqualTo(real.code());
              assertThat(faked.method()).isEqualTo(real.method());
              assertThat(faked.origin()).isEqualTo(real.origin()).isEqualTo(StatusOrigin.WIRE);
              assertThat(faked.details()).isEqualTo(real.details());
              assertThat(faked.detail(ErrorInfo.class)).contains(INFO);
            });
  }
}
