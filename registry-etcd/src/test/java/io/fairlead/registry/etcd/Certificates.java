package io.fairlead.registry.etcd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** An authority of our own for a test, and certificates that it signed, made by openssl. */
record Certificates(Path authority, Path authorityKey, Path directory) {

  static Certificates create(Path directory, String name) {
    Path authority = directory.resolve(name + ".pem");
    Path key = directory.resolve(name + ".key");
    run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
            + " -subj /CN="
            + name
            + " -keyout "
            + key
            + " -out "
            + authority);
    return new Certificates(authority, key, directory);
  }

  /** Writes a certificate for 127.0.0.1, for a server and a client alike, and its key. */
  void sign(Path certificate, Path key) {
    Path request = directory.resolve("request.pem");
    Path extensions = directory.resolve("extensions");
    try {
      Files.writeString(
          extensions,
          "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    run(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=etcd"
            + " -keyout "
            + key
            + " -out "
            + request);
    run(
        "openssl x509 -req -days 2 -CAcreateserial -in "
            + request
            + " -CA "
            + authority
            + " -CAkey "
            + authorityKey
            + " -extfile "
            + extensions
            + " -out "
            + certificate);
  }

  /** Runs a command without quotes in it; a test is skipped where its program is missing. */
  static void run(String command) {
    try {
      Process process =
          new ProcessBuilder(List.of(command.split(" ", -1))).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + " failed:\n" + output);
      }
    } catch (IOException e) {
      Assumptions.abort("no openssl on the path: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(command + " was interrupted", e);
    }
  }
}
