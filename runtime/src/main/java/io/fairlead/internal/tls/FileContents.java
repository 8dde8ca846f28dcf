package io.fairlead.internal.tls;

import io.fairlead.security.TlsFiles;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@link TlsFiles} held when they were read together; equal if nothing in them changed. */
record FileContents(@Nullable PemFile chain, @Nullable PemFile key, Authorities trust) {

  static FileContents read(TlsFiles files) {
    return new FileContents(
        read(files, files.certificateChain()),
        read(files, files.privateKey()),
        Authorities.read(files));
  }

  private static @Nullable PemFile read(TlsFiles files, Optional<Path> file) {
    return file.isPresent() ? PemFile.read(files, file.get()) : null;
  }

  /** Returns the certificate with its key, checked; null for a client without one. */
  @Nullable KeyMaterial keyMaterial(Instant now) {
    return chain == null || key == null ? null : KeyMaterial.of(chain, key, now);
  }

  /** Returns whether the certificate and its key are those of the other. */
  boolean sameKey(FileContents other) {
    return Objects.equals(chain, other.chain) && Objects.equals(key, other.key);
  }
}
