package io.fairlead.server;

import static io.fairlead.testkit.FrameConnection.ACK;
import static io.fairlead.testkit.FrameConnection.PING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.FrameConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How often a server lets itself be pinged, told by the frames on its socket. */
@Timeout(120)
class KeepAlivePermissionTest {
  /** grpc-java forgives two that come too early, so the fourth shows what is permitted. */
  private static final int PINGS = 4;

  private RpcServer server;
  private Socket socket;
  private FrameConnection client;

  @BeforeEach
  void connect() throws IOException {
    server =
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .service(EchoMethod.serving(t -> t))
            .port(0)
            .start();
    socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    client = FrameConnection.over(socket);
    client.preface();
    client.frame(FrameConnection.SETTINGS, 0, 0);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void aPingEachSecondIsAnswered() throws IOException {
    for (int sent = 1; sent <= PINGS; sent++) {
      client.frame(PING, 0, 0, new byte[8]);
      socket.setSoTimeout(60_000);
      // The pause begins with the answer, so that on no machine it is shorter for the server.
      assertThat(client.await(PING).flags()).as("answer to ping %s", sent).isEqualTo(ACK);
      socket.setSoTimeout(1_020);
      assertThatThrownBy(client::next)
          .as("what comes after ping %s", sent)
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void pingsWithoutAPauseEndTheConnection() throws IOException {
    for (int i = 0; i < PINGS; i++) {
      client.frame(PING, 0, 0, new byte[8]);
    }
    assertThat(client.awaitEnd()).isEqualTo("11 too_many_pings");
  }
}
