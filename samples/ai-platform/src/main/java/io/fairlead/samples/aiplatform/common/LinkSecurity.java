package io.fairlead.samples.aiplatform.common;

import io.fairlead.security.TlsFiles;
import java.nio.file.Path;

/** Where a process finds its certificate: beside that of the authority, in files of PEM. */
public final class LinkSecurity {
  /** The name of the authority's file. */
  public static final String TRUST = "ca.crt";

  private LinkSecurity() {}

  /**
   * Returns the files of a process, which shows its certificate and asks for that of the other.
   *
   * @param prefix the path of its certificate and key, without .crt and .key
   */
  public static TlsFiles files(String prefix) {
    return own(prefix).trust(Path.of(prefix).resolveSibling(TRUST)).build();
  }

  /** Returns the files of a server whose callers have none, such as browsers. */
  public static TlsFiles edge(String prefix) {
    return own(prefix).build();
  }

  private static TlsFiles.Builder own(String prefix) {
    return TlsFiles.builder().certificate(Path.of(prefix + ".crt"), Path.of(prefix + ".key"));
  }
}
