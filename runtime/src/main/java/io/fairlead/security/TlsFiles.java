package io.fairlead.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
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
  private final Map<String, Path> trustDomains;
  private final Duration checkInterval;
  private final List<String> serverIds;
  private final Function<Path, String> reader;

  private TlsFiles(Builder builder) {
    this.certificateChain = builder.certificateChain;
    this.privateKey = builder.privateKey;
    this.trust = builder.trust;
    this.trustDomains = Collections.unmodifiableMap(new LinkedHashMap<>(builder.trustDomains));
    this.checkInterval = builder.checkInterval;
    this.serverIds = builder.serverIds;
    this.reader = builder.reader;
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

  /** Returns the files with the authorities of trust domains of SPIFFE, by the domain. */
  public Map<String, Path> trustDomains() {
    return trustDomains;
  }

  /** Returns how often the files are read. */
  public Duration checkInterval() {
    return checkInterval;
  }

  /** Returns the SPIFFE ids of which a server must have one; empty if its name is compared. */
  public List<String> serverIds() {
    return serverIds;
  }

  /** Returns what one of the files contains now. */
  public String read(Path file) throws IOException {
    try {
      return reader.apply(file);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
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
    private final Map<String, Path> trustDomains = new LinkedHashMap<>();
    private Duration checkInterval = Duration.ofSeconds(10);
    private List<String> serverIds = List.of();
    private Function<Path, String> reader = Builder::readFromDisk;

    private Builder() {}

    private static String readFromDisk(Path file) {
      try {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

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
     * Sets the authorities of a trust domain of SPIFFE, such as that of a partner. A certificate
     * with an id of this domain is accepted by these alone, and they vouch for no other domain. All
     * other certificates are for {@link #trust}, which is needed too. An empty file trusts nobody
     * of the domain.
     *
     * @param domain such as {@code partner.example}
     */
    public Builder trustDomain(String domain, Path authoritiesPem) {
      if (!domain.matches("[a-z0-9._-]+")) {
        throw new IllegalArgumentException(
            "\"" + domain + "\" is no trust domain of SPIFFE; write it as partner.example");
      }
      trustDomains.put(domain, Objects.requireNonNull(authoritiesPem, "authoritiesPem"));
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

    /**
     * Makes a channel know its servers by the SPIFFE id in their certificate, in place of the name.
     * Needs {@link #trust}: the authorities of the JDK sign such an id for anyone. For a server it
     * has no effect.
     *
     * @param spiffeIds such as {@code spiffe://shop.example/pricing}; one that ends with {@code *}
     *     stands for all that begin like it
     */
    public Builder serverIds(String... spiffeIds) {
      for (String id : spiffeIds) {
        // With a path, so that a pattern does not reach into another trust domain.
        if (!id.matches("spiffe://[^/*]+/[^*]*\\*?")) {
          throw new IllegalArgumentException(
              "\""
                  + id
                  + "\" is no SPIFFE id; write it as spiffe://shop.example/pricing, or"
                  + " spiffe://shop.example/*");
        }
      }
      this.serverIds = List.of(spiffeIds);
      return this;
    }

    /**
     * Sets what reads the files, for certificates that are not on a disk: the paths are names that
     * the reader knows and messages show. It may throw an {@link UncheckedIOException}. Default:
     * reads from the disk.
     */
    public Builder reader(Function<Path, String> reader) {
      this.reader = Objects.requireNonNull(reader, "reader");
      return this;
    }

    /** Returns the files; they are read when they are first used. */
    public TlsFiles build() {
      if (!serverIds.isEmpty() && trust == null) {
        throw new IllegalStateException(
            "serverIds(...) needs trust(...): the authorities of the JDK sign "
                + serverIds
                + " for anyone");
      }
      if (!trustDomains.isEmpty() && trust == null) {
        throw new IllegalStateException(
            "trustDomain(...) needs trust(...), the authorities for certificates of other domains"
                + " than "
                + trustDomains.keySet());
      }
      return new TlsFiles(this);
    }
  }
}
