package io.fairlead.server.internal.lifecycle;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a server proves who it is. */
public sealed interface ServerTls {

  /**
   * What the transport takes.
   *
   * @param now the time at which certificates must be valid
   * @throws IllegalStateException if clients would refuse the server
   */
  ServerCredentials credentials(Instant now);

  /** The credentials are made, and the transport cannot use them. */
  IllegalStateException unusable(IllegalArgumentException e);

  /**
   * Credentials of grpc-java.
   *
   * @param given used as they are
   */
  record Given(ServerCredentials given) implements ServerTls {
    public Given {
      Objects.requireNonNull(given, "credentials");
    }

    @Override
    public ServerCredentials credentials(Instant now) {
      return given;
    }

    @Override
    public IllegalStateException unusable(IllegalArgumentException e) {
      return new IllegalStateException(
          "the transport cannot use the credentials given to tls(...): " + e.getMessage(), e);
    }
  }

  /**
   * Files.
   *
   * @param certificateChain PEM, the server's own certificate first
   * @param privateKey PEM, PKCS#8, not encrypted
   * @param trustedClients PEM of the authorities whose clients are let in; null asks clients for
   *     none
   */
  record InFiles(Path certificateChain, Path privateKey, @Nullable Path trustedClients)
      implements ServerTls {
    private static final Pattern PEM =
        Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END");

    public InFiles {
      Objects.requireNonNull(certificateChain, "certificateChain");
      Objects.requireNonNull(privateKey, "privateKey");
    }

    @Override
    public ServerCredentials credentials(Instant now) {
      TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder();
      try {
        check(now);
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
      } catch (GeneralSecurityException e) {
        throw unusable(e);
      }
      return builder.build();
    }

    private void check(Instant now) throws IOException, GeneralSecurityException {
      X509Certificate own = certificate();
      if (now.isAfter(own.getNotAfter().toInstant())
          || now.isBefore(own.getNotBefore().toInstant())) {
        throw new IllegalStateException(
            "the certificate in "
                + certificateChain
                + " is valid from "
                + own.getNotBefore().toInstant()
                + " to "
                + own.getNotAfter().toInstant()
                + ", and now it is "
                + now
                + "; every client would refuse it. Give tls(...) a certificate that is valid");
      }
      if (!belongTogether(key(own), own)) {
        throw otherKey(null);
      }
    }

    private X509Certificate certificate() throws IOException, GeneralSecurityException {
      byte[] der = firstPem(certificateChain, "CERTIFICATE");
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    }

    private PrivateKey key(X509Certificate own) throws IOException, GeneralSecurityException {
      try {
        return KeyFactory.getInstance(own.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(firstPem(privateKey, "PRIVATE KEY")));
      } catch (InvalidKeySpecException e) {
        throw otherKey(e);
      }
    }

    /** Signs with the key, and looks whether the certificate knows the signature. */
    private static boolean belongTogether(PrivateKey key, X509Certificate certificate)
        throws GeneralSecurityException {
      String algorithm =
          switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default -> "";
          };
      if (algorithm.isEmpty()) {
        return true; // left to the handshake
      }
      byte[] text = {1, 2, 3};
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(text);
      return signature.verify(signed);
    }

    private static byte[] firstPem(Path file, String wanted) throws IOException {
      Matcher pem = PEM.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      String found = "nothing in PEM";
      while (pem.find()) {
        if (pem.group(1).equals(wanted)) {
          return Base64.getMimeDecoder().decode(pem.group(2));
        }
        found = pem.group(1);
      }
      String message = file + " holds " + found + ", and tls(...) needs a " + wanted + " there";
      throw new IllegalStateException(
          wanted.equals("PRIVATE KEY") && found.endsWith("PRIVATE KEY")
              ? message
                  + " (PKCS#8, not encrypted); convert it with: openssl pkcs8 -topk8 -nocrypt -in "
                  + file.getFileName()
                  + " -out pkcs8.key"
              : message);
    }

    private IllegalStateException otherKey(@Nullable Exception cause) {
      return new IllegalStateException(
          "the key in "
              + privateKey
              + " does not belong to the certificate in "
              + certificateChain
              + "; every handshake would fail. Give tls(...) the key that the certificate was made"
              + " for",
          cause);
    }

    @Override
    public IllegalStateException unusable(IllegalArgumentException e) {
      return unusable((Exception) e);
    }

    private IllegalStateException unusable(Exception e) {
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
}
