package io.fairlead.interop.grpc;

import java.nio.file.Path;

/** The test certificates of gRPC, which its interop programs of every language know. */
public final class Certificates {
  /** A name that the server's certificate has. */
  public static final String HOST = "foo.test.google.fr";

  /** The build unpacked them there. */
  private static final Path FOLDER = Path.of("target", "grpc-testing", "certs").toAbsolutePath();

  private Certificates() {}

  /** The authority that clients trust. */
  public static Path authority() {
    return file("ca.pem");
  }

  /** The server's certificate. */
  public static Path server() {
    return file("server1.pem");
  }

  /** The server's private key. */
  public static Path serverKey() {
    return file("server1.key");
  }

  private static Path file(String name) {
    return FOLDER.resolve(name);
  }
}
