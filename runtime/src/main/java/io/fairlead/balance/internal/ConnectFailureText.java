package io.fairlead.balance.internal;

import io.fairlead.internal.tls.RefusedCertificateException;
import io.grpc.ChannelCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Says why a connection could not be made, with the way out where the cause is known. */
final class ConnectFailureText {
  private static final int MAX_CAUSES = 20;
  private static final String ALERT = "Received fatal alert: ";

  private static final String WRONG_CERTIFICATE =
      "it has expired, or is of an authority that the server does not trust: \"openssl x509 -noout"
          + " -issuer -dates -in FILE\" shows both";

  private ConnectFailureText() {}

  /**
   * Returns why, as far as this side knows.
   *
   * @param own what this side proves itself with; asked for only if the other side refuses it
   */
  static String of(Status error, Supplier<ChannelCredentials> own) {
    int depth = 0;
    String which = "";
    String deepest = "";
    for (Throwable cause = error.getCause(); cause != null && depth < MAX_CAUSES; depth++) {
      if (cause instanceof RefusedCertificateException) {
        which = "; it shows the " + cause.getMessage();
      }
      String known = known(cause, String.valueOf(cause.getMessage()), own);
      if (known != null) {
        return known + which;
      }
      deepest = String.valueOf(cause.getMessage());
      cause = cause.getCause();
    }
    if (!which.isEmpty()) {
      return "the certificate of the server is refused: " + deepest + which;
    }
    String said = error.getDescription();
    if ("Network closed for unknown reason".equals(said)) {
      return "it closed the connection before it said anything, as a server does that expects TLS;"
          + " give the channel credentials(...) if it does";
    }
    Throwable cause = error.getCause();
    if (cause != null && cause.getMessage() != null) {
      return cause.getMessage();
    }
    return said != null ? said : error.getCode().toString();
  }

  private static @Nullable String known(
      Throwable cause, String said, Supplier<ChannelCredentials> own) {
    // Netty's own words go on with the bytes that came.
    if (said.startsWith("not an SSL/TLS record")) {
      return "it does not speak TLS; give the server a certificate, or the channel no TLS"
          + " credentials";
    }
    // The first bytes of a TLS alert, and of "HTTP/".
    if (said.contains("first 5 bytes: 1503")) {
      return "it expects TLS; give the channel credentials(...)";
    }
    if (said.contains("first 5 bytes: 485454502f")) {
      return "it answers in HTTP/1.1, and gRPC needs HTTP/2; is this the right port?";
    }
    if (cause instanceof CertificateExpiredException) {
      return "the certificate of the server has expired (" + said + "); renew it there";
    }
    if (cause instanceof CertificateNotYetValidException) {
      return "the certificate of the server is not valid yet (" + said + "); compare the clocks";
    }
    if (cause instanceof CertPathBuilderException) {
      return "the certificate of the server is not signed by an authority that this channel trusts;"
          + " give that authority with TlsChannelCredentials trustManager(...)";
    }
    if (cause instanceof CertificateException
        && (said.startsWith("No subject alternative") || said.startsWith("No name matching"))) {
      return "the certificate of the server is for another name ("
          + said
          + "); set authority(...) to a name in it, or renew it with this one";
    }
    int alert = cause instanceof SSLHandshakeException ? said.indexOf(ALERT) : -1;
    return alert < 0 ? null : ofAlert(said.substring(alert + ALERT.length()), own);
  }

  /**
   * The server's verdict. Servers say the same of a certificate that is missing and of one that is
   * wrong, but this side knows whether it has one.
   */
  private static @Nullable String ofAlert(String alert, Supplier<ChannelCredentials> own) {
    return switch (alert) {
      case "bad_certificate", "certificate_required", "certificate_unknown", "unknown_ca" -> {
        Boolean given = hasCertificate(own.get());
        if (given == null) {
          yield "the server wants a client certificate that it trusts ("
              + alert
              + "); either the credentials of this channel hold none, or "
              + WRONG_CERTIFICATE;
        }
        yield given
            ? "the server does not accept the client certificate of this channel ("
                + alert
                + "); "
                + WRONG_CERTIFICATE
            : "the server wants a client certificate, and this channel has none ("
                + alert
                + "); give one with TlsChannelCredentials keyManager(...), signed by an authority"
                + " that the server trusts";
      }
      case "certificate_expired" -> "the client certificate of this channel has expired; renew it";
      default -> null;
    };
  }

  /** Returns whether this side has a certificate to show; null if only the credentials know. */
  private static @Nullable Boolean hasCertificate(ChannelCredentials own) {
    return own instanceof TlsChannelCredentials tls
        ? tls.getCertificateChain() != null || tls.getKeyManagers() != null
        : null;
  }
}
