package io.fairlead.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A key pair with a certificate that it signed itself, made by the JDK's keytool.
 *
 * @param certificate PEM
 * @param key PEM, PKCS#8
 */
public record Certificates(Path certificate, Path key) {
  private static final String PASSWORD = "not-a-secret";

  /** For this name, and for 127.0.0.1. */
  public static Certificates create(Path directory, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    return create(directory, name, "-1H", 2);
  }

  /** Valid from that time on, as keytool writes it, for so many days. */
  public static Certificates create(Path directory, String name, String from, int days)
      throws IOException, InterruptedException, GeneralSecurityException {
    return create(directory, name, from, days, "-ext", "SAN=dns:" + name + ",ip:127.0.0.1");
  }

  /** An authority, and a certificate for this name that it signed, which has expired long ago. */
  public static Map.Entry<Certificates, Certificates> expired(Path directory, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    String authority = name + "-authority";
    Certificates ca = create(directory, authority, "-1H", 2, "-ext", "bc:c");
    Certificates leaf =
        create(
            directory,
            name,
            "-10d",
            2,
            "-ext",
            "SAN=dns:" + name + ",ip:127.0.0.1",
            "-signer",
            authority,
            "-signerkeypass",
            PASSWORD);
    return Map.entry(ca, leaf);
  }

  private static Certificates create(
      Path directory, String name, String from, int days, String... more)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = directory.resolve((name.startsWith("expired") ? "expired" : name) + ".p12");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                // Nothing of a run that short is worth the second compiler.
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-startdate",
                from,
                "-validity",
                String.valueOf(days),
                "-dname",
                "CN=" + name,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    command.addAll(List.of(more));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException("keytool failed: " + said);
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return new Certificates(
        pem(directory, name + ".pem", "CERTIFICATE", keys.getCertificate(name).getEncoded()),
        pem(
            directory,
            name + ".key",
            "PRIVATE KEY",
            keys.getKey(name, PASSWORD.toCharArray()).getEncoded()));
  }

  private static Path pem(Path directory, String file, String what, byte[] bytes)
      throws IOException {
    String text =
        "-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
            + "\n-----END "
            + what
            + "-----\n";
    return Files.writeString(directory.resolve(file), text);
  }
}
