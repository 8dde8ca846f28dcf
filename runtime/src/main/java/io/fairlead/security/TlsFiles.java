package io.fairlead.security;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * PEM files with which a side of TLS proves who it is, and by which it knows whom to trust. They
 * are read again while they are used:
 *
 * <pre>{@code
 * TlsFiles files =
 *     TlsFiles.builder()
 *         .certificate(Path.of("/etc/tls/tls.crt"), Path.of("/etc/tls/tls.key"))
 *         .trust(Path.of("/etc/tls/ca.crt"))
 *         .build();
 * RpcServer.builder("inventory").tls(files)
 * RpcChannel.to("etcd:///pricing").tls(files)
 * }</pre>
 *
 * <p>New connections use the new files. Files that do not fit together, or have expired, are
 * reported in the log, and the last ones that did are kept. Immutable: several servers, channels
 * and registries may share it.
 */
public final class TlsFiles {
  private final @Nullable Path certificateChain;
  private final @Nullable Path privateKey;
  private final @Nullable Path trust;
  private final Duration checkInterval;

  private TlsFiles(Builder builder) {
    this.certificateChain = builder.certificateChain;
    this.privateKey = builder.privateKey;
    this.trust = builder.trust;
    this.checkInterval = builder.checkInterval;
  }

  /** Starts to describe files. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the file with the own certificate chain; empty for a client without one. */
  public Optional<Path> certificateChain() {
    return Optional.ofNullable(certificateChain);
  }

  /** Returns the file with the private key; empty for a client without a certificate. */
  public Optional<Path> privateKey() {
    return Optional.ofNullable(privateKey);
  }

  /** Returns the file with the authorities whose certificates are accepted. */
  public Optional<Path> trust() {
    return Optional.ofNullable(trust);
  }

  /** Returns how often the files are read. */
  public Duration checkInterval() {
    return checkInterval;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("TLS files");
    if (certificateChain != null) {
      text.append(" ").append(certificateChain).append(" and ").append(privateKey);
    }
    if (trust != null) {
      text.append(certificateChain == null ? " " : ", trusting ").append(trust);
    }
    return text.toString();
  }

  /** Collects the paths. Not safe for use by several threads. */
  public static final class Builder {
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(1);

    private @Nullable Path certificateChain;
    private @Nullable Path privateKey;
    private @Nullable Path trust;
    private Duration checkInterval = Duration.ofSeconds(10);

    private Builder() {}

    /**
     * Sets the own certificate chain, the own certificate first, and its private key (PKCS#8, not
     * encrypted). A server needs both, a client needs them for mutual TLS.
     */
    public Builder certificate(Path chainPem, Path keyPem) {
      this.certificateChain = Objects.requireNonNull(chainPem, "chainPem");
      this.privateKey = Objects.requireNonNull(keyPem, "keyPem");
      return this;
    }

    /**
     * Sets the certificates of the authorities to trust. A server with them asks each client for a
     * certificate. A client without them trusts the authorities of the JDK.
     */
    public Builder trust(Path authoritiesPem) {
      this.trust = Objects.requireNonNull(authoritiesPem, "authoritiesPem");
      return this;
    }

    /**
     * Sets how often the files are read. New contents are used when they are read twice in a row; a
     * connection to a peer that is no longer trusted is then closed. Default: 10s.
     */
    public Builder checkInterval(Duration interval) {
      if (interval.compareTo(SHORTEST_INTERVAL) < 0) {
        throw new IllegalArgumentException("checkInterval is " + interval + "; use 1ms or more");
      }
      this.checkInterval = interval;
      return this;
    }

    /** Returns the files; they are read when they are first used. */
    public TlsFiles build() {
      return new TlsFiles(this);
    }
  }
}
