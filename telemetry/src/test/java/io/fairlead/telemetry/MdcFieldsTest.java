package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

@Timeout(60)
class MdcFieldsTest {
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofSeconds(50))
          .retry(RetryPolicy.builder().attempts(2).perAttempt(Duration.ofSeconds(50)).build())
          .build();

  private final List<Map<String, String>> seen = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<Map<String, String>> after = new LinkedBlockingQueue<>();

  private static Map<String, String> fields() {
    Map<String, String> fields = MDC.getCopyOfContextMap();
    return fields == null ? Map.of() : fields;
  }

  @Test
  void linesOfAHandlerNameItsCall() throws Exception {
    handlerSeesItsCall(
        InventoryRpc.bindAsync(
            new InventoryAsync() {
              @Override
              public CompletionStage<Reservation> reserve(ReserveRequest request) {
                seen.add(fields());
                return CompletableFuture.completedStage(Reservation.getDefaultInstance());
              }
            }));
  }

  @Test
  void linesOfAHandlerThatBlocksNameItsCall() throws Exception {
    handlerSeesItsCall(
        InventoryRpc.bind(
            new Inventory() {
              @Override
              public Reservation reserve(ReserveRequest request) {
                seen.add(fields());
                return Reservation.getDefaultInstance();
              }
            }));
  }

  private void handlerSeesItsCall(ServerServiceDefinition service) throws Exception {
    Tracing tracing = Tracing.create();
    try (RpcServer server =
            tracing
                .addTo(RpcServer.builder("inventory").host("127.0.0.1").port(0))
                .service(service)
                .authorizer(Authorizer.byScopes(call -> new Caller("ann", Set.of())))
                .observer(MdcFields.create())
                .observer(outcome -> after.add(fields())) // on the loop that ran the handler
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      CallSettings settings =
          CallSettings.builder()
              .policy(PATIENT)
              .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
              .build();
      InventoryRpc.client(channel.with(settings)).reserve(ReserveRequest.getDefaultInstance());
      assertThat(after.poll(50, TimeUnit.SECONDS)).isEmpty();
    }
    assertThat(seen)
        .singleElement()
        .satisfies(
            fields ->
                assertThat(fields)
                    .containsEntry("method", "shop.v1.Inventory/Reserve")
                    .containsEntry("caller", "ann")
                    .containsEntry("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")
                    .containsKey("span_id")
                    .hasSize(4));
  }
}
