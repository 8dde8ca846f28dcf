package io.fairlead.management;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.security.TlsFiles;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/** How a management server proves who it is, by files that are read again while it runs. */
final class ManagementTls implements AutoCloseable {
  /** A session that is resumed verifies nobody again, so none lives for long. */
  private static final int SESSION_SECONDS = 60;

  private final TlsWatch watch;
  private final SSLContext context;
  private final boolean asksForCertificates;

  private ManagementTls(TlsWatch watch, SSLContext context, boolean asksForCertificates) {
    this.watch = watch;
    this.context = context;
    this.asksForCertificates = asksForCertificates;
  }

  /**
   * Reads the files.
   *
   * @throws IllegalStateException if they cannot be used
   */
  static ManagementTls open(TlsFiles files) {
    TlsWatch watch = TlsWatch.ofServer(files, "the management server");
    TlsServerCredentials credentials = (TlsServerCredentials) watch.serverCredentials();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      List<KeyManager> keys = credentials.getKeyManagers();
      List<TrustManager> trust = credentials.getTrustManagers();
      context.init(
          keys.toArray(KeyManager[]::new),
          // Without any, nobody is asked for a certificate, and nobody is trusted.
          trust == null ? new TrustManager[0] : trust.toArray(TrustManager[]::new),
          null);
      context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
      return new ManagementTls(watch, context, files.trust().isPresent());
    } catch (GeneralSecurityException e) {
      watch.close();
      throw new IllegalStateException("the JDK cannot serve TLS with " + files, e);
    }
  }

  HttpServer server(InetSocketAddress address) throws IOException {
    HttpsServer server = HttpsServer.create(address, 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters connection) {
            SSLParameters parameters = context.getDefaultSSLParameters();
            parameters.setNeedClientAuth(asksForCertificates);
            connection.setSSLParameters(parameters);
          }
        });
    return server;
  }

  @Override
  public void close() {
    watch.close();
  }
}
