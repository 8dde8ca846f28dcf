package io.fairlead.internal.tls;

import io.fairlead.security.TlsFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The content of a PEM file at one time.
 *
 * @param file for messages
 * @param content compared as a whole: times and sizes of files do not show each change
 */
record PemFile(Path file, String content) {
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final Pattern BEGIN = Pattern.compile("-----BEGIN ");
  private static final Pattern BLOCK =
      // An encrypted key of the old form has headers in its block.
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  static PemFile read(TlsFiles files, Path file) {
    try {
      return new PemFile(file, files.read(file));
    } catch (NoSuchFileException e) {
      throw unreadable(file + " does not exist", e);
    } catch (AccessDeniedException e) {
      throw unreadable("this user may not read " + file, e);
    } catch (IOException e) {
      throw unreadable(file + ": " + e.getMessage(), e);
    }
  }

  private static UnusableTlsFilesException unreadable(String why, IOException cause) {
    return new UnusableTlsFilesException(
        "a TLS file cannot be read: " + why + "; tls(...) takes readable PEM files", cause);
  }

  /** Returns all certificates in the file, at least one. */
  List<X509Certificate> certificates() {
    List<X509Certificate> found = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (byte[] der : blocks(CERTIFICATE)) {
        found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
    } catch (GeneralSecurityException e) {
      throw new UnusableTlsFilesException(
          file + " holds a CERTIFICATE that cannot be read: " + e.getMessage(), e);
    }
    return found;
  }

  /** Returns the private key in the file, PKCS#8. */
  byte[] privateKey() {
    return blocks(PRIVATE_KEY).get(0);
  }

  private byte[] decoded(String base64) {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new UnusableTlsFilesException(
          file + " holds a block of PEM that is not base64: " + e.getMessage(), e);
    }
  }

  private List<byte[]> blocks(String wanted) {
    Matcher block = BLOCK.matcher(content);
    List<byte[]> blocks = new ArrayList<>();
    String found = "nothing in PEM";
    int complete = 0;
    while (block.find()) {
      complete++;
      found = block.group(1);
      if (found.equals(wanted)) {
        blocks.add(decoded(block.group(2)));
      }
    }
    // A chain that lost its end would be taken for a shorter one, which clients cannot verify.
    if (BEGIN.matcher(content).results().count() > complete) {
      throw new UnusableTlsFilesException(
          file + " ends within a block of PEM; it is written in part only", null);
    }
    if (!blocks.isEmpty()) {
      return blocks;
    }
    String message = file + " holds " + found + ", and tls(...) needs a " + wanted + " there";
    throw new UnusableTlsFilesException(
        wanted.equals(PRIVATE_KEY) && found.endsWith(PRIVATE_KEY)
            ? message
                + " (PKCS#8, not encrypted); convert it with: openssl pkcs8 -topk8 -nocrypt -in "
                + file.getFileName()
                + " -out pkcs8.key"
            : message,
        null);
  }
}
