package io.fairlead.bench;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the two processes talk.
 *
 * @param certificate the server's certificate and the client's only root; null for plaintext
 * @param key the server's private key; null for plaintext
 */
public record Wire(@Nullable Path certificate, @Nullable Path key) {
  /** Without TLS. */
  public static final Wire PLAINTEXT = new Wire(null, null);

  /** Whether the connection is to be encrypted. */
  public boolean tls() {
    return certificate != null;
  }
}
