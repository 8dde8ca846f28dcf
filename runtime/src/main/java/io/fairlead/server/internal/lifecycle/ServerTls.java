package io.fairlead.server.internal.lifecycle;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The files of a server's TLS.
 *
 * @param certificateChain PEM, the server's own certificate first
 * @param privateKey PEM, PKCS#8, not encrypted
 * @param trustedClients PEM of the authorities whose clients are let in; null asks clients for none
 */
public record ServerTls(Path certificateChain, Path privateKey, @Nullable Path trustedClients) {
  public ServerTls {
    Objects.requireNonNull(certificateChain, "certificateChain");
    Objects.requireNonNull(privateKey, "privateKey");
  }

  ServerCredentials credentials() {
    TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder();
    try {
      builder.keyManager(certificateChain.toFile(), privateKey.toFile());
      if (trustedClients != null) {
        builder
            .trustManager(trustedClients.toFile())
            .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "a TLS file cannot be read: " + e.getMessage() + "; tls(...) takes readable PEM files",
          e);
    }
    return builder.build();
  }

  /** Returns the error for files that were read, and that the transport cannot use. */
  IllegalStateException unusable(IllegalArgumentException e) {
    return new IllegalStateException(
        "the TLS files "
            + certificateChain
            + " and "
            + privateKey
            + (trustedClients == null ? "" : " and " + trustedClients)
            + " do not fit together: "
            + e.getMessage()
            + "; tls(...) takes a certificate chain and its PKCS#8 private key, in PEM",
        e);
  }
}
