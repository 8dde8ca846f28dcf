package io.fairlead.client.internal;

import static io.fairlead.testkit.FrameConnection.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.Source;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.testkit.FrameConnection;
import io.fairlead.testkit.LogCapture;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Hostile servers, frame by frame: the call fails before its deadline, and the client goes on. What
 * is sent for ever but says nothing is in {@link FrameFloodTest}. docs/attacks.md has a row for
 * each.
 */
@Timeout(60)
class HostileServerTest {
  private static final int END_HEADERS = 4;
  private static final int END_STREAM = 1;
  private static final byte[] OK =
      FrameConnection.headers(":status", "200", "content-type", "application/grpc");
  private static final byte[] OK_PACKED =
      FrameConnection.headers(
          ":status", "200", "content-type", "application/grpc", "grpc-encoding", "gzip");
  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build(), false);

  private static RpcChannel channel(FrameServer server) {
    return RpcChannel.to(server.target())
        .balancing(BalancingOptions.builder().withoutHealth().build())
        .build();
  }

  /** Calls once, and checks that the failure is the server's, not the deadline's. */
  private static Status failure(FrameServer.OnRequest attack) throws Exception {
    try (LogCapture logs = LogCapture.of("io");
        FrameServer server = FrameServer.start(attack);
        RpcChannel channel = channel(server)) {
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> ScriptedServer.call(channel, SAY, "x"));
      assertThat(failure).isNotNull();
      assertThat(failure.getStatus().getCode()).isNotEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(logs.lines()).hasSizeLessThan(10);
      return failure.getStatus();
    }
  }

  /** Writes until the client has had enough. */
  private static void withoutEnd(FrameServer.Wire wire, int type, int flags, int stream, byte[] one)
      throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Duration.ofSeconds(40).toNanos()) {
      wire.frame(type, flags, stream, one);
    }
  }

  @Test
  void aHeaderBlockWithoutEndEndsTheConnection() throws Exception {
    Status status =
        failure(
            (stream, wire) -> {
              wire.frame(FrameServer.HEADERS, 0, stream, OK);
              withoutEnd(wire, FrameConnection.CONTINUATION, 0, stream, new byte[0]);
            });
    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void headersAboveTheLimitFailTheCall() throws Exception {
    byte[] huge = FrameConnection.headers(":status", "200", "x", "y".repeat(9_000));
    Status status =
        failure((stream, wire) -> wire.frame(FrameServer.HEADERS, END_HEADERS, stream, huge));
    assertThat(status.isOk()).isFalse();
  }

  @Test
  void messagesWithoutEndFailACallThatTakesOne() throws Exception {
    byte[] one = message(false, StringValue.of("x").toByteArray());
    Status status =
        failure(
            (stream, wire) -> {
              wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK);
              withoutEnd(wire, FrameServer.DATA, 0, stream, one);
            });
    assertThat(status.getDescription()).contains("more than one response");
  }

  /** A reader that does not read is not made to keep what it has not asked for. */
  @Test
  void aServerThatIgnoresTheWindowOfAStreamFailsItsCall() throws Exception {
    byte[] kilobyte = message(false, StringValue.of("x".repeat(1_000)).toByteArray());
    CompletableFuture<Void> sent = new CompletableFuture<>();
    FrameServer.OnRequest attack =
        (stream, wire) -> {
          wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK);
          // More than any window, in one go.
          for (int i = 0; i < 10_000; i++) {
            wire.frame(FrameServer.DATA, 0, stream, kilobyte);
          }
          sent.complete(null);
        };
    try (FrameServer server = FrameServer.start(attack);
        RpcChannel channel = channel(server)) {
      Source<StringValue> answers = EchoRpc.client(channel).chat(Source.of(StringValue.of("x")));
      Iterator<StringValue> reader = answers.iterator();
      assertThat(reader.next().getValue()).hasSize(1_000);
      sent.get(50, TimeUnit.SECONDS);
      assertThatThrownBy(() -> reader.forEachRemaining(unread -> {}))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageNotContaining("DEADLINE_EXCEEDED");
    }
  }

  /** Each connection ends before its first call: the client waits longer from time to time. */
  @Test
  void goodbyesWithoutEndDoNotMakeTheClientConnectWithoutEnd() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(2)).build(), true);
    try (LogCapture logs = LogCapture.of("io");
        FrameServer server =
            FrameServer.start((stream, wire) -> wire.goAway(0, FrameServer.NO_ERROR));
        RpcChannel channel = channel(server)) {
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> ScriptedServer.call(channel, say, "x"));
      assertThat(failure).isNotNull();
      assertThat(server.requests).hasValueLessThan(50);
      assertThat(logs.lines()).hasSizeLessThan(10);
    }
  }

  @Test
  void anEndWithoutStatusIsNoGoodEnd() throws Exception {
    byte[] good = message(false, StringValue.of("x").toByteArray());
    Status status =
        failure(
            (stream, wire) -> {
              wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK);
              wire.frame(FrameServer.DATA, END_STREAM, stream, good);
            });
    assertThat(status.isOk()).isFalse();
  }

  @Test
  void compressedGarbageFailsItsCallAlone() throws Exception {
    Status status =
        failure(
            (stream, wire) -> {
              wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK_PACKED);
              wire.frame(FrameServer.DATA, 0, stream, message(true, new byte[100]));
            });
    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void aGzipBombIsUnpackedToTheLimitAtMost() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bomb)) {
      StringValue.of("x".repeat(10 << 20)).writeTo(out);
    }
    Status status =
        failure(
            (stream, wire) -> {
              wire.frame(FrameServer.HEADERS, END_HEADERS, stream, OK_PACKED);
              wire.frame(FrameServer.DATA, 0, stream, message(true, bomb.toByteArray()));
            });
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }
}
