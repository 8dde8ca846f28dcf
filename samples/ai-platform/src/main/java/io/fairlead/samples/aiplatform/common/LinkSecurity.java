package io.fairlead.samples.aiplatform.common;

import io.fairlead.security.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Where a process finds its certificate: beside that of the authority, in files of PEM. */
public final class LinkSecurity {
  /** The name of the authority's file. */
  public static final String TRUST = "ca.crt";

  private static final char[] NO_PASSWORD = new char[0];

  private LinkSecurity() {}

  /**
   * Returns the files of a process, which shows its certificate and asks for that of the other.
   *
   * @param prefix the path of its certificate and key, without .crt and .key
   */
  public static TlsFiles files(String prefix) {
    return own(prefix).trust(trust(prefix)).build();
  }

  /** Returns the files of a server whose callers have none, such as browsers. */
  public static TlsFiles edge(String prefix) {
    return own(prefix).build();
  }

  private static TlsFiles.Builder own(String prefix) {
    return TlsFiles.builder().certificate(Path.of(prefix + ".crt"), Path.of(prefix + ".key"));
  }

  private static Path trust(String prefix) {
    return Path.of(prefix).resolveSibling(TRUST);
  }

  /** Returns what clients of others take, such as that of the broker; it shows a certificate. */
  public static SSLContext context(String prefix) {
    return context(trust(prefix), prefix);
  }

  /** Returns the same for a client without a certificate, which trusts an authority. */
  public static SSLContext trusting(Path authority) {
    return context(authority, "");
  }

  private static SSLContext context(Path authority, String prefix) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("authority", certificate(authority));
      if (!prefix.isEmpty()) {
        Certificate[] chain = {certificate(Path.of(prefix + ".crt"))};
        PrivateKey key =
            KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm())
                .generatePrivate(new PKCS8EncodedKeySpec(der(Path.of(prefix + ".key"))));
        store.setKeyEntry("own", key, NO_PASSWORD, chain);
      }
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_PASSWORD);
      TrustManagerFactory trusted =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trusted.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(
          "the certificates beside " + authority + " cannot be used for TLS", e);
    }
  }

  /** Reads the certificate of a file. */
  public static Certificate certificate(Path pem) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(pem)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /** Returns what stands between the first and the last line of PEM. */
  public static byte[] der(Path pem) throws IOException {
    return Base64.getMimeDecoder()
        .decode(Files.readString(pem).replaceAll("-----[A-Z ]+-----", ""));
  }
}
