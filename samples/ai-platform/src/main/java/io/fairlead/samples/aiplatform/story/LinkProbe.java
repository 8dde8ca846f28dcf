package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.common.LinkSecurity;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Connects as a caller of the platform does, and as somebody without a certificate. */
final class LinkProbe {
  private static final int PATIENCE_MILLIS = 10_000;

  private final Screen screen;
  private final LinkCertificates certificates;

  LinkProbe(Screen screen, LinkCertificates certificates) {
    this.screen = screen;
    this.certificates = certificates;
  }

  /** Whoever listens there takes the one, and refuses the other. */
  void play(String what, int port) {
    Optional<String> known = refusal(LinkSecurity.context(certificates.client("story")), port);
    Optional<String> unknown = refusal(LinkSecurity.trusting(certificates.trust()), port);
    screen.check(
        known.isEmpty() && unknown.isPresent(),
        "the link to %s: with a certificate %s, without one %s",
        what,
        known.orElse("open"),
        unknown.orElse("open"));
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
