package io.fairlead.cli;

import io.fairlead.security.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Makes TLS files of what options name. */
final class Certificates {
  private Certificates() {}

  /** Returns the files, or null if none is given. */
  static @Nullable TlsFiles files(
      String certificateName,
      @Nullable Path certificate,
      String keyName,
      @Nullable Path key,
      @Nullable Path authority) {
    if ((certificate == null) != (key == null)) {
      throw new CommandException(
          ExitCode.USAGE, certificateName + " and " + keyName + " are given together");
    }
    if (certificate == null && authority == null) {
      return null;
    }
    TlsFiles.Builder files = TlsFiles.builder();
    if (certificate != null && key != null) {
      files.certificate(readable(certificate), readable(key));
    }
    if (authority != null) {
      files.trust(readable(authority));
    }
    return files.build();
  }

  private static Path readable(Path file) {
    if (!Files.isReadable(file)) {
      throw new CommandException(ExitCode.USAGE, "the file " + file + " cannot be read");
    }
    return file;
  }
}
