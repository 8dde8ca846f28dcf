package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that sends frames without content, very often: its connection is ended. */
@Timeout(60)
class FrameFloodTest {
  private static final int END_HEADERS = 4;
  private static final int END_STREAM = 1;
  private static final byte[] CONTINUE = {0x08, 3, '1', '0', '0'};
  private static final byte[] OK = headers();

  private static byte[] headers() {
    byte[] type = "application/grpc".getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[4 + type.length];
    all[0] = (byte) 0x88; // :status 200
    all[1] = 0x0f; // content-type, in the table of names
    all[2] = 0x10;
    all[3] = (byte) type.length;
    System.arraycopy(type, 0, all, 4, type.length);
    return all;
  }

  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build(), false);

  private static StatusRuntimeException failure(FrameServer.OnRequest flood) throws Exception {
    BalancingOptions options = BalancingOptions.builder().withoutHealth().build();
    try (FrameServer server = FrameServer.start(flood);
        RpcChannel channel = RpcChannel.to(server.target()).balancing(options).build()) {
      return catchThrowableOfType(
          StatusRuntimeException.class, () -> ScriptedServer.call(channel, SAY, "x"));
    }
  }

  @Test
  void endlessInformationalHeadersEndTheConnection() throws Exception {
    long start = System.nanoTime();
    StatusRuntimeException failure =
        failure(
            (stream, wire) -> {
              while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(40)) {
                wire.frame(FrameServer.HEADERS, END_HEADERS, stream, CONTINUE);
              }
            });
    assertThat(failure.getStatus().getCode()).isNotEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(failure).hasMessageContaining("more than 100 frames in a row that say nothing");
  }

  @Test
  void endlessEmptyDataFramesEndTheConnection() throws Exception {
    long start = System.nanoTime();
    StatusRuntimeException failure =
        failure(
            (stream, wire) -> {
              wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK);
              while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(40)) {
                wire.frame(FrameServer.DATA, 0, stream, new byte[0]);
              }
            });
    assertThat(failure.getStatus().getCode()).isNotEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(failure).hasMessageContaining("more than 100 frames in a row that say nothing");
  }

  @Test
  void aFewSuchFramesDoNoHarm() throws Exception {
    StatusRuntimeException failure =
        failure(
            (stream, wire) -> {
              for (int i = 0; i < 50; i++) {
                wire.frame(FrameServer.HEADERS, END_HEADERS, stream, CONTINUE);
              }
              wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK);
              for (int i = 0; i < 50; i++) {
                wire.frame(FrameServer.DATA, 0, stream, new byte[0]);
              }
              byte[] status = "grpc-status".getBytes(StandardCharsets.US_ASCII);
              byte[] trailers = new byte[4 + status.length];
              trailers[1] = (byte) status.length;
              System.arraycopy(status, 0, trailers, 2, status.length);
              trailers[2 + status.length] = 1;
              trailers[3 + status.length] = '5';
              wire.frame(FrameServer.HEADERS, END_HEADERS | END_STREAM, stream, trailers);
            });
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }
}
