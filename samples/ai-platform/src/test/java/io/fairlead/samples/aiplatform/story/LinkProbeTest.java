package io.fairlead.samples.aiplatform.story;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.aiplatform.story.LinkProbe.Protocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The answers of servers that take callers without TLS, and of those that do not. */
class LinkProbeTest {
  private static List<Arguments> answers() {
    return List.of(
        Arguments.of(Protocol.HTTP, "HTTP/1.1 404 Not Found"),
        Arguments.of(Protocol.HTTP_2, "\0\0\0\4\0\0\0\0\0"),
        Arguments.of(Protocol.AMQP, "\1\0\0\0\0\0\0\0\0"),
        Arguments.of(Protocol.REDIS, "+PONG\r\n"),
        Arguments.of(Protocol.REDIS, "-NOAUTH Authentication required.\r\n"));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void whoAnswersWithoutTlsIsOpen(Protocol protocol, String answer) throws IOException {
    assertThat(answered(protocol, answer.getBytes(StandardCharsets.ISO_8859_1))).isEqualTo("open");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anAlertOrAnEndIsARefusal(Protocol protocol) throws IOException {
    byte[] alert = {21, 3, 3, 0, 2, 2, 40};
    assertThat(answered(protocol, alert)).isEqualTo("refused (an alert of TLS)");
    assertThat(answered(protocol, new byte[0])).isEqualTo("refused (closed)");
    byte[] https = "HTTP/1.0 400 Bad Request\r\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(answered(protocol, https)).isEqualTo("refused (HTTP/1.0 400 Bad Request)");
  }

  private static String answered(Protocol protocol, byte[] answer) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> served =
          CompletableFuture.runAsync(
              () -> {
                try (Socket socket = server.accept()) {
                  int unused = socket.getInputStream().read(new byte[1_000]);
                  socket.getOutputStream().write(answer);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      String refusal = LinkProbe.refusalOfPlain(server.getLocalPort(), protocol).orElse("open");
      served.join();
      return refusal;
    }
  }
}
