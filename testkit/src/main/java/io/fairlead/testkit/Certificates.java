package io.fairlead.testkit;

import java.nio.file.Path;

/**
 * A certificate and its key, in files; {@link TestAuthority} makes them.
 *
 * @param certificate PEM
 * @param key PEM, PKCS#8
 */
public record Certificates(Path certificate, Path key) {

  /** Makes a certificate for this name and for 127.0.0.1 that signed itself. */
  public static Certificates create(Path directory, String name) {
    return TestAuthority.selfSigned(name).write(directory);
  }
}
