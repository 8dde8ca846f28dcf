package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written by hand is what the generated messages write and read. */
class HealthServiceTest {
  private static HealthService.ServingStatus read(byte[] response) {
    return HealthService.WATCH.parseResponse(new ByteArrayInputStream(response));
  }

  @Test
  void itIsTheMethodOfTheContract() {
    assertThat(HealthService.WATCH.getFullMethodName())
        .isEqualTo(HealthGrpc.getWatchMethod().getFullMethodName());
    assertThat(HealthService.WATCH.getType()).isEqualTo(HealthGrpc.getWatchMethod().getType());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "shop.v1.Inventory", "größe", "\uD83D\uDE00"})
  void requestsAreThoseOfTheContract(String service) throws Exception {
    assertThat(HealthService.WATCH.streamRequest(service).readAllBytes())
        .isEqualTo(HealthCheckRequest.newBuilder().setService(service).build().toByteArray());
  }

  @ParameterizedTest
  @EnumSource(value = ServingStatus.class, mode = EnumSource.Mode.EXCLUDE, names = "UNRECOGNIZED")
  void responsesAreThoseOfTheContract(ServingStatus status) {
    byte[] response = HealthCheckResponse.newBuilder().setStatus(status).build().toByteArray();
    assertThat(read(response).name()).isEqualTo(status.name());
  }

  @Test
  void aNumberOfALaterVersionIsNotRecognized() {
    byte[] response = HealthCheckResponse.newBuilder().setStatusValue(17).build().toByteArray();
    assertThat(read(response)).isEqualTo(HealthService.ServingStatus.UNRECOGNIZED);
    assertThat(read(new byte[] {8, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}))
        .isEqualTo(HealthService.ServingStatus.UNRECOGNIZED);
  }

  @Test
  void otherFieldsAreSkipped() {
    assertThat(read(new byte[] {18, 1, 65, 8, 1})).isEqualTo(HealthService.ServingStatus.SERVING);
  }

  @Test
  void aResponseThatIsCutFails() {
    assertThatThrownBy(() -> read(new byte[] {8})).isInstanceOf(UncheckedIOException.class);
  }
}
