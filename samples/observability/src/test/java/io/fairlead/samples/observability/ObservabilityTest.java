package io.fairlead.samples.observability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ObservabilityTest {
  @Test
  void bothSidesCountTheSameAttempts() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Observability(new PrintStream(bytes, true, StandardCharsets.UTF_8)).play(0, false);
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .contains(
            "grpc.client.attempt.started  {}                               120",
            "grpc.client.call.duration    {grpc.status=OK}                 90",
            "grpc.client.call.duration    {grpc.status=INVALID_ARGUMENT}   10",
            "grpc.client.call.retries     {}                               20",
            "grpc.server.call.started     {}                               120",
            "grpc.server.call.duration    {grpc.status=OK}                 90",
            "grpc.server.call.duration    {grpc.status=INVALID_ARGUMENT}   10",
            "grpc.server.call.duration    {grpc.status=UNAVAILABLE}        20");
  }
}
