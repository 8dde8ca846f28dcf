package io.fairlead.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A certificate for localhost, made anew for each run by openssl. */
final class TestCertificate {
  private TestCertificate() {}

  /** Returns the argument that tells a {@link BenchProcess} to use it. */
  static List<String> create(Path directory) throws IOException {
    Path certificate = directory.resolve("certificate.pem").toAbsolutePath();
    Path key = directory.resolve("key.pem").toAbsolutePath();
    Process process =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0 || !Files.exists(key)) {
        throw new IOException("openssl made no certificate:\n" + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    }
    return List.of("tls=" + certificate + "," + key);
  }
}
