package io.fairlead.cli;

import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.registry.etcd.EtcdRegistryBuilder;
import io.fairlead.security.TlsFiles;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which registry a command reads, and how it gets in. */
final class RegistryOptions {
  private static final String DEFAULT_URL = "etcd://127.0.0.1:2379";

  @Option(
      names = {"-r", "--registry"},
      paramLabel = "URL",
      description =
          "The registry, such as etcd://10.0.0.1:2379?tls=true. Default: FAIRLEAD_REGISTRY, or else "
              + DEFAULT_URL
              + ".")
  private @Nullable String url;

  @Option(
      names = "--registry-ca",
      paramLabel = "FILE",
      description = "The authority of etcd's certificate, in PEM.")
  private @Nullable Path authority;

  @Option(
      names = "--registry-certificate",
      paramLabel = "FILE",
      description = "A certificate for etcd, in PEM; with --registry-key.")
  private @Nullable Path certificate;

  @Option(
      names = "--registry-key",
      paramLabel = "FILE",
      description = "Its private key, in PEM (PKCS#8).")
  private @Nullable Path key;

  @Option(
      names = "--registry-user",
      paramLabel = "NAME",
      description = "The user of etcd; the password is in FAIRLEAD_REGISTRY_PASSWORD.")
  private @Nullable String user;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "How long the registry and processes may take. Default: 5s.")
  private Duration timeout = Duration.ofSeconds(5);

  Duration timeout() {
    return timeout;
  }

  String url(Terminal terminal) {
    return url != null ? url : terminal.variable("FAIRLEAD_REGISTRY").orElse(DEFAULT_URL);
  }

  URI uri(Terminal terminal) {
    String text = url(terminal);
    try {
      URI uri = new URI(text);
      if (uri.getScheme() != null && text.contains("://")) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new CommandException(
        ExitCode.USAGE, "the registry \"" + text + "\" is not a URL; write it like " + DEFAULT_URL);
  }

  /** Opens it. The caller closes it. */
  OpenRegistry open(Terminal terminal) {
    URI uri = uri(terminal);
    return new OpenRegistry(uri.toString(), registry(terminal, uri), timeout);
  }

  private Registry registry(Terminal terminal, URI uri) {
    if (uri.getScheme().equals("etcd")) {
      return etcd(terminal, uri).connect();
    }
    TreeSet<String> known = new TreeSet<>();
    for (RegistryProvider provider : ServiceLoader.load(RegistryProvider.class)) {
      if (provider.scheme().equals(uri.getScheme())) {
        return provider.open(uri);
      }
      known.add(provider.scheme());
    }
    throw new CommandException(
        ExitCode.USAGE,
        "no registry of the kind \"" + uri.getScheme() + "\" is known; known are " + known);
  }

  private EtcdRegistryBuilder etcd(Terminal terminal, URI uri) {
    EtcdRegistryBuilder etcd = EtcdRegistry.builder(uri);
    if (user != null) {
      String password =
          terminal
              .variable("FAIRLEAD_REGISTRY_PASSWORD")
              .orElseThrow(
                  () ->
                      new CommandException(
                          ExitCode.USAGE,
                          "--registry-user needs its password in FAIRLEAD_REGISTRY_PASSWORD"));
      etcd.user(user, password);
    }
    TlsFiles files = tls();
    return files == null ? etcd : etcd.tls(files);
  }

  /** Returns the files for TLS to the registry, or null if none is given. */
  @Nullable TlsFiles tls() {
    return Certificates.files(
        "--registry-certificate", certificate, "--registry-key", key, authority);
  }
}
