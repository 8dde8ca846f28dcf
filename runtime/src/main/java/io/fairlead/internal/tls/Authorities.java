package io.fairlead.internal.tls;

import io.fairlead.security.TlsFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whom a side of TLS trusts; equal if nothing in it changed.
 *
 * @param own for all certificates without a domain of their own here; null for those of the JDK
 * @param domains by the name of the trust domain of SPIFFE. Each vouches for ids of its domain
 *     alone
 */
record Authorities(@Nullable PemFile own, Map<String, PemFile> domains) {

  static Authorities read(TlsFiles files) {
    Path own = files.trust().orElse(null);
    Map<String, PemFile> domains = new LinkedHashMap<>();
    files.trustDomains().forEach((name, file) -> domains.put(name, PemFile.read(files, file)));
    return new Authorities(own == null ? null : PemFile.read(files, own), domains);
  }

  /** Returns the names of the files. */
  String describe() {
    return Stream.concat(Stream.ofNullable(own), domains.values().stream())
        .map(each -> each.file().toString())
        .collect(Collectors.joining(", "));
  }
}
