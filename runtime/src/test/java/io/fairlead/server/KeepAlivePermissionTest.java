package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How often a server lets itself be pinged, told by the frames on its socket. */
@Timeout(120)
class KeepAlivePermissionTest {
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int ACK = 1;
  private static final int ENHANCE_YOUR_CALM = 11;

  /** grpc-java forgives two that come too early, so the fourth shows what is permitted. */
  private static final int PINGS = 4;

  private RpcServer server;
  private Socket socket;
  private DataInputStream in;

  @BeforeEach
  void connect() throws IOException {
    server =
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .service(EchoMethod.serving(t -> t))
            .port(0)
            .start();
    socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    in = new DataInputStream(socket.getInputStream());
    ByteArrayOutputStream hello = new ByteArrayOutputStream();
    hello.writeBytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
    hello.writeBytes(frame(SETTINGS, 0));
    socket.getOutputStream().write(hello.toByteArray());
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
    server.close();
  }

  @Test
  void aPingEachSecondIsAnswered() throws IOException {
    for (int sent = 1; sent <= PINGS; sent++) {
      socket.getOutputStream().write(frame(PING, 8));
      socket.setSoTimeout(60_000);
      // The pause begins with the answer, so that on no machine it is shorter for the server.
      assertThat(next()).as("answer to ping %s", sent).isEqualTo("pong");
      socket.setSoTimeout(1_020);
      assertThat(next()).as("what comes after ping %s", sent).isEqualTo("nothing");
    }
  }

  @Test
  void pingsWithoutAPauseEndTheConnection() throws IOException {
    ByteArrayOutputStream burst = new ByteArrayOutputStream();
    for (int i = 0; i < PINGS; i++) {
      burst.writeBytes(frame(PING, 8));
    }
    socket.setSoTimeout(60_000);
    socket.getOutputStream().write(burst.toByteArray());
    String said = next();
    while (said.equals("pong")) {
      said = next();
    }
    assertThat(said).isEqualTo("good-bye, code " + ENHANCE_YOUR_CALM + ": too_many_pings");
  }

  private static byte[] frame(int type, int length) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(new byte[] {0, 0, (byte) length, (byte) type, 0});
    out.writeInt(0);
    out.write(new byte[length]);
    return bytes.toByteArray();
  }

  /** The next answer to a ping or good-bye, or that none comes for as long as the socket waits. */
  private String next() throws IOException {
    while (true) {
      int high;
      try {
        high = in.readUnsignedByte();
      } catch (SocketTimeoutException e) {
        return "nothing";
      }
      byte[] payload = new byte[high << 16 | in.readUnsignedShort()];
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      in.readInt();
      in.readFully(payload);
      if (type == PING && (flags & ACK) != 0) {
        return "pong";
      }
      if (type == GOAWAY) {
        String text = new String(payload, 8, payload.length - 8, StandardCharsets.US_ASCII);
        return "good-bye, code " + payload[7] + ": " + text;
      }
    }
  }
}
