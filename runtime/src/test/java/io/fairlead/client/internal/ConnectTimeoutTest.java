package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A port where TCP connections stand, and nobody ever says anything. */
@Timeout(60)
class ConnectTimeoutTest {
  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(40)).build(), false);

  /** The kernel takes the connections of a backlog; the program never asks for them. */
  @SuppressWarnings("NullAway.Init") // opened before each test
  private ServerSocket silent;

  @BeforeEach
  void listen() throws IOException {
    silent = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    silent.close();
  }

  private RpcChannel.Builder channel(ChannelCredentials credentials) {
    return RpcChannel.to("127.0.0.1:" + silent.getLocalPort())
        .credentials(credentials)
        .connectTimeout(Duration.ofMillis(300));
  }

  @Test
  void callToAServerThatNeverSendsSettingsDoesNotWaitForItsDeadline() {
    try (RpcChannel channel = channel(InsecureChannelCredentials.create()).build()) {
      assertThatThrownBy(() -> ScriptedServer.call(channel, SAY, "x"))
          .hasMessageStartingWith("UNAVAILABLE")
          .hasMessageContaining("it took the connection and sent no HTTP/2 SETTINGS within 300ms");
    }
  }

  @Test
  void callToAServerThatNeverAnswersTheHandshakeOfTlsDoesNotWaitForItsDeadline() {
    try (RpcChannel channel = channel(TlsChannelCredentials.create()).build()) {
      assertThatThrownBy(() -> ScriptedServer.call(channel, SAY, "x"))
          .hasMessageStartingWith("UNAVAILABLE")
          .hasMessageContaining("TCP, or TLS over it, got no answer within 300ms");
    }
  }

  @Test
  void boundIsPositive() {
    assertThatThrownBy(() -> RpcChannel.to("127.0.0.1:1").connectTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("connectTimeout is 0s; use a positive duration, e.g. 20s");
  }
}
