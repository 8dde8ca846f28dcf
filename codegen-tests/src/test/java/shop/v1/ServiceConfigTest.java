package shop.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.internal.JsonParser;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The service config that the generator writes, in a stock channel of grpc-java. */
class ServiceConfigTest {
  private interface Use {
    void of(InventoryGrpc.InventoryBlockingStub stub);
  }

  @SuppressWarnings("unchecked") // the config is a JSON object
  private static void call(String config, InventoryGrpc.InventoryImplBase service, Use use)
      throws Exception {
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(service)
            .build()
            .start();
    ManagedChannel channel =
        Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create())
            .defaultServiceConfig((Map<String, ?>) JsonParser.parse(config))
            .build();
    try {
      use.of(InventoryGrpc.newBlockingStub(channel));
    } finally {
      channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
      server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void itsRetryPolicyRetriesACall() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    String json = InventoryRpc.serviceConfigJson();
    // A machine that does much else would meet these.
    String patient = json.replace("\"0.3s\"", "\"60s\"").replace("\"0.12s\"", "\"50s\"");
    assertThat(patient).isNotEqualTo(json);
    call(
        patient,
        new InventoryGrpc.InventoryImplBase() {
          @Override
          public void reserve(ReserveRequest request, StreamObserver<Reservation> observer) {
            if (asked.incrementAndGet() < 3) {
              observer.onError(Status.UNAVAILABLE.asRuntimeException());
            } else {
              observer.onNext(Reservation.getDefaultInstance());
              observer.onCompleted();
            }
          }
        },
        stub -> stub.reserve(ReserveRequest.getDefaultInstance()));
    assertThat(asked).hasValue(3);
  }

  @Test
  void itsDeadlineEndsACall() throws Exception {
    call(
        InventoryRpc.serviceConfigJson(),
        new InventoryGrpc.InventoryImplBase() {
          @Override
          public void reserve(ReserveRequest request, StreamObserver<Reservation> observer) {
            // Never answers.
          }
        },
        stub ->
            assertThatThrownBy(() -> stub.reserve(ReserveRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                    StatusRuntimeException.class,
                    e ->
                        assertThat(e.getStatus().getCode())
                            .isEqualTo(Status.Code.DEADLINE_EXCEEDED)));
  }
}
