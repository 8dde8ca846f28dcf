package io.fairlead.server.internal.lifecycle;

import io.fairlead.security.TlsFiles;
import io.grpc.ServerCredentials;
import java.util.Objects;

/** How a server proves who it is. */
public sealed interface ServerTls {

  /**
   * Credentials of grpc-java.
   *
   * @param credentials used as they are
   */
  record Given(ServerCredentials credentials) implements ServerTls {
    public Given {
      Objects.requireNonNull(credentials, "credentials");
    }
  }

  /**
   * Files.
   *
   * @param files read at the start, and again while the server runs
   */
  record InFiles(TlsFiles files) implements ServerTls {
    public InFiles {
      Objects.requireNonNull(files, "files");
    }
  }
}
