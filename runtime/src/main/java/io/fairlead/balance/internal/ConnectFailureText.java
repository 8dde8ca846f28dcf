package io.fairlead.balance.internal;

import io.grpc.Status;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Says why a connection could not be made, with the way out where the cause is known. */
final class ConnectFailureText {
  private static final int MAX_CAUSES = 20;
  private static final String ALERT = "Received fatal alert: ";

  private ConnectFailureText() {}

  static String of(Status error) {
    int depth = 0;
    for (Throwable cause = error.getCause(); cause != null && depth < MAX_CAUSES; depth++) {
      String known = known(cause, String.valueOf(cause.getMessage()));
      if (known != null) {
        return known;
      }
      cause = cause.getCause();
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

  private static @Nullable String known(Throwable cause, String said) {
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
    return alert < 0 ? null : ofAlert(said.substring(alert + ALERT.length()));
  }

  /** The server's verdict; most servers say the same of a certificate that is missing or wrong. */
  private static @Nullable String ofAlert(String alert) {
    return switch (alert) {
      case "bad_certificate", "certificate_required", "certificate_unknown", "unknown_ca" ->
          "the server wants a client certificate that it trusts ("
              + alert
              + "); give one with TlsChannelCredentials keyManager(...), signed by an authority"
              + " that the server trusts";
      case "certificate_expired" -> "the client certificate of this channel has expired; renew it";
      default -> null;
    };
  }
}
