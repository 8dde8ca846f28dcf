package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.common.LinkSecurity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Connects as a caller of the platform does, as somebody without a certificate, and as somebody
 * without TLS.
 */
final class LinkProbe {
  private static final int PATIENCE_MILLIS = 10_000;

  /** As many bytes of an answer as tell what it is; they come together. */
  private static final int ANSWER = 64;

  /** How a protocol begins without TLS, and whether an answer to that is one of the protocol. */
  enum Protocol {
    HTTP("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") {
      @Override
      boolean isAnswer(String answer) {
        return answer.startsWith("HTTP/1.1 ");
      }
    },
    /** The preface and empty settings, which are answered with settings: a frame of type 4. */
    HTTP_2("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0") {
      @Override
      boolean isAnswer(String answer) {
        return answer.length() >= 4 && answer.charAt(3) == 4;
      }
    },
    /** The header of version 0.9.1, which is answered with the frame of a method. */
    AMQP("AMQP\0\0\11\1") {
      @Override
      boolean isAnswer(String answer) {
        return answer.startsWith("\1");
      }
    },
    REDIS("PING\r\n") {
      @Override
      boolean isAnswer(String answer) {
        return answer.startsWith("+PONG") || answer.startsWith("-");
      }
    };

    private final String begin;

    Protocol(String begin) {
      this.begin = begin;
    }

    abstract boolean isAnswer(String answer);
  }

  private final Screen screen;
  private final LinkCertificates certificates;

  LinkProbe(Screen screen, LinkCertificates certificates) {
    this.screen = screen;
    this.certificates = certificates;
  }

  /** Whoever listens there takes the one, and refuses the others. */
  void play(String what, int port, Protocol protocol) {
    Optional<String> known = refusal(LinkSecurity.context(certificates.client("story")), port);
    Optional<String> unknown = refusal(LinkSecurity.trusting(certificates.trust()), port);
    Optional<String> plain = refusalOfPlain(port, protocol);
    screen.check(
        known.isEmpty() && unknown.isPresent() && plain.isPresent(),
        "the link to %s: with a certificate %s, without one %s, without TLS %s",
        what,
        known.orElse("open"),
        unknown.orElse("open"),
        plain.orElse("open"));
  }

  /** Returns what becomes of a caller without TLS; empty if it is answered in the protocol. */
  static Optional<String> refusalOfPlain(int port, Protocol protocol) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(protocol.begin.getBytes(StandardCharsets.ISO_8859_1));
      byte[] read = new byte[ANSWER];
      int length = Math.max(0, socket.getInputStream().read(read));
      String answer = new String(read, 0, length, StandardCharsets.ISO_8859_1);
      if (protocol.isAnswer(answer)) {
        return Optional.empty();
      }
      // An alert is a record of type 21; a server of Go says in HTTP that it wants HTTPS.
      String how =
          answer.isEmpty()
              ? "closed"
              : answer.charAt(0) == 21 ? "an alert of TLS" : answer.lines().findFirst().orElse("");
      return Optional.of("refused (" + how + ")");
    } catch (IOException e) {
      return Optional.of("refused (" + e.getMessage() + ")");
    }
  }

  private static Optional<String> refusal(SSLContext context, int port) {
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      // With 1.3 a client is done before the server has looked at its certificate.
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      socket.startHandshake();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("refused (" + e.getMessage() + ")");
    }
  }
}
