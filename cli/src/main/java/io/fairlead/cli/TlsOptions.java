package io.fairlead.cli;

import io.fairlead.client.RpcChannel;
import io.fairlead.security.TlsFiles;
import io.grpc.TlsChannelCredentials;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command reaches a process, without a word of who calls. */
final class TlsOptions {
  @Option(names = "--tls", description = "Uses TLS, and trusts the authorities of the JDK.")
  private boolean tls;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description = "Uses TLS, and trusts these authorities, in PEM.")
  private @Nullable Path authorities;

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      description = "Shows this certificate, in PEM; with --tls-key.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Its private key, in PEM (PKCS#8).")
  private @Nullable Path key;

  @Option(
      names = "--authority",
      paramLabel = "NAME",
      description = "The name that the server's certificate must have.")
  private @Nullable String authority;

  /** Adds to a channel what the options say. */
  void prepare(RpcChannel.Builder channel) {
    channel.userAgent("fairlead-cli");
    TlsFiles files =
        Certificates.files("--tls-certificate", certificate, "--tls-key", key, authorities);
    if (files != null) {
      channel.tls(files);
    } else if (tls) {
      channel.credentials(TlsChannelCredentials.create());
    }
    if (authority != null) {
      channel.authority(authority);
    }
  }
}
