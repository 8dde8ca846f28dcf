package io.fairlead.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Looks at names, ports and certificates from this machine. */
final class Network {
  private static final Duration SOON = Duration.ofDays(14);

  private final int timeoutMillis;

  Network(Duration timeout) {
    this.timeoutMillis = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
  }

  /** Returns why nobody is reached there, or null. */
  @Nullable Finding fault(String subject, String host, int port) {
    InetAddress[] found;
    try {
      found = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      return Finding.error(
          subject,
          "DNS has no address for \"" + host + "\"",
          "correct the name, or use a machine that resolves it");
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(found[0], port), timeoutMillis);
      return null;
    } catch (SocketTimeoutException e) {
      return Finding.error(
          subject,
          "no answer from "
              + found[0].getHostAddress()
              + ":"
              + port
              + " within "
              + timeoutMillis
              + " ms",
          "look for a firewall, a network policy or a machine that is down");
    } catch (IOException e) {
      return Finding.error(
          subject,
          "nobody listens at " + found[0].getHostAddress() + ":" + port + ": " + e.getMessage(),
          "start the process there, or correct the port");
    }
  }

  /** Looks at the certificate that a server shows. The port is known to be open. */
  Finding certificate(String subject, String host, int port, Instant now) {
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(host, port), timeoutMillis);
      plain.setSoTimeout(timeoutMillis);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TrustAll()}, null);
      try (SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        Certificate[] chain = socket.getSession().getPeerCertificates();
        return judge(subject, (X509Certificate) chain[0], socket.getApplicationProtocol(), now);
      }
    } catch (IOException | GeneralSecurityException e) {
      return Finding.error(
          subject,
          "it is registered as speaking TLS, and the handshake fails: " + e.getMessage(),
          "give the server tls(...), or a protocol that both sides have");
    }
  }

  static Finding judge(
      String subject, X509Certificate certificate, @Nullable String protocol, Instant now) {
    Duration left = Duration.between(now, certificate.getNotAfter().toInstant());
    if (left.isNegative()) {
      return Finding.error(
          subject,
          "its certificate expired " + Times.age(left.negated()) + " ago",
          "renew it; the server takes new files without a restart");
    }
    if (now.isBefore(certificate.getNotBefore().toInstant())) {
      return Finding.error(
          subject,
          "its certificate is not valid before " + certificate.getNotBefore().toInstant(),
          "set the clocks of this machine and of the one that issues certificates");
    }
    if (!"h2".equals(protocol)) {
      return Finding.error(
          subject,
          "it does not offer HTTP/2 by ALPN, so no gRPC client connects",
          "look for a proxy in between that ends TLS");
    }
    if (left.compareTo(SOON) < 0) {
      return Finding.warning(
          subject,
          "its certificate expires in " + Times.age(left),
          "renew it; the server takes new files without a restart");
    }
    return Finding.ok(subject, "TLS, certificate for " + left.toDays() + " more days");
  }

  /** The certificate is looked at, whoever signed it; nothing is sent over the connection. */
  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {
      // Never asked on this side.
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      // Judged by the caller.
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return List.<X509Certificate>of().toArray(X509Certificate[]::new);
    }
  }
}
