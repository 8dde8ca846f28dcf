package io.fairlead.starter;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.RegistryProvider;
import io.fairlead.management.ManagementServer;
import io.fairlead.security.TlsFiles;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.AccessLog;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What the environment says of a process: where it listens, its registry, its certificates, its
 * pages for operators. Immutable.
 *
 * <pre>{@code
 * Settings settings = Settings.fromEnvironment();
 * RpcServer server =
 *     settings.applyTo(RpcServer.builder("inventory").service(...)).shutdownHook().start();
 * settings.management(server).ifPresent(ManagementServer.Builder::start);
 * }</pre>
 *
 * <p>What is not set stays as the code has it, and what is set comes before the code. A variable
 * that begins with {@code FAIRLEAD_} and is not known is an error, as is a value that cannot be
 * used: a process that starts with a typo in its settings would run with another one than its
 * operator believes. {@code docs/settings.md} lists all of them.
 */
public final class Settings {
  private final Map<Variable, String> values;

  private Settings(Map<Variable, String> values) {
    this.values = values;
    // Each value is looked at here, and not when the first channel is made.
    port(Variable.PORT);
    port(Variable.MANAGEMENT_PORT);
    weight();
    registry();
    file(Variable.TLS_CERTIFICATE);
    file(Variable.TLS_KEY);
    file(Variable.TLS_TRUST);
    path(Variable.ACCESS_LOG);
    needs(Variable.TLS_CERTIFICATE, Variable.TLS_KEY);
    needs(Variable.TLS_KEY, Variable.TLS_CERTIFICATE);
    needs(Variable.MANAGEMENT_HOST, Variable.MANAGEMENT_PORT);
    needs(Variable.MANAGEMENT_TOKEN, Variable.MANAGEMENT_PORT);
  }

  /**
   * Reads the environment of this process.
   *
   * @throws IllegalArgumentException if a variable is not known, or its value cannot be used
   */
  public static Settings fromEnvironment() {
    return of(System.getenv());
  }

  /**
   * Reads another environment, as for a test.
   *
   * @throws IllegalArgumentException if a variable is not known, or its value cannot be used
   */
  public static Settings of(Map<String, String> environment) {
    Map<Variable, String> values = new EnumMap<>(Variable.class);
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (!name.startsWith(Variable.PREFIX)
                  || Variable.OF_OTHERS.contains(name)
                  || isServiceLink(name, environment)) {
                return;
              }
              if (!Variable.keys().contains(name)) {
                throw new IllegalArgumentException(
                    name + " is no setting" + Typos.suggestion(name, Variable.keys()));
              }
              // An empty one is as good as none: a shell cannot always take one away.
              if (!value.isEmpty()) {
                values.put(Variable.valueOf(name.substring(Variable.PREFIX.length())), value);
              }
            });
    return new Settings(values);
  }

  /**
   * Whether Kubernetes has set it for a service whose name begins with "fairlead-": it sets some
   * such variables for each service of a namespace, and one of them ends in SERVICE_HOST.
   */
  private static boolean isServiceLink(String name, Map<String, String> environment) {
    return environment.keySet().stream()
        .filter(each -> each.startsWith(Variable.PREFIX) && each.endsWith("_SERVICE_HOST"))
        .map(each -> each.substring(0, each.length() - "SERVICE_HOST".length()))
        .anyMatch(name::startsWith);
  }

  /** Sets on a server what the environment says, and returns it. Called after the code's own. */
  public RpcServer.Builder applyTo(RpcServer.Builder server) {
    apply(Variable.HOST, server::host);
    port(Variable.PORT).ifPresent(server::port);
    apply(Variable.REGISTRY, server::registry);
    apply(Variable.ID, server::id);
    apply(Variable.VERSION, server::version);
    apply(Variable.ZONE, server::zone);
    weight().ifPresent(server::weight);
    if (values.containsKey(Variable.TLS_CERTIFICATE)) {
      server.tls(tls());
    }
    return server;
  }

  /** Sets on a channel what the environment says, and returns it. */
  public RpcChannel.Builder applyTo(RpcChannel.Builder channel) {
    if (values.containsKey(Variable.TLS_CERTIFICATE) || values.containsKey(Variable.TLS_TRUST)) {
      channel.tls(tls());
    }
    return channel;
  }

  /**
   * Describes a channel to a service of the registry.
   *
   * @throws IllegalStateException if the environment names no registry
   */
  public RpcChannel.Builder channel(String service) {
    URI registry =
        registry()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        Variable.REGISTRY.key()
                            + " is not set, and the service "
                            + service
                            + " is looked up there; set it to a registry, such as"
                            + " etcd://127.0.0.1:2379"));
    String query = registry.getRawQuery() == null ? "" : "?" + registry.getRawQuery();
    return applyTo(
        RpcChannel.to(
            registry.getScheme() + "://" + registry.getRawAuthority() + "/" + service + query));
  }

  /** Describes the management server, with probes of a server; empty without its port. */
  public Optional<ManagementServer.Builder> management(RpcServer server) {
    return port(Variable.MANAGEMENT_PORT)
        .map(
            port -> {
              ManagementServer.Builder pages = ManagementServer.builder().port(port).probes(server);
              apply(Variable.MANAGEMENT_HOST, pages::host);
              apply(Variable.MANAGEMENT_TOKEN, pages::bearerToken);
              return pages;
            });
  }

  /** Describes the access log; empty without its file. */
  public Optional<AccessLog.Builder> accessLog() {
    return path(Variable.ACCESS_LOG).map(AccessLog::toFile);
  }

  private void apply(Variable variable, Consumer<String> setter) {
    String value = values.get(variable);
    if (value == null) {
      return;
    }
    try {
      setter.accept(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(variable.key() + ": " + e.getMessage(), e);
    }
  }

  private Optional<Integer> port(Variable variable) {
    return number(variable, 65_535, "a port from 0 to 65535");
  }

  private Optional<Integer> weight() {
    return number(Variable.WEIGHT, 1_000_000, "a number from 0 to 1000000; 100 is ordinary");
  }

  private Optional<Integer> number(Variable variable, int most, String use) {
    return Optional.ofNullable(values.get(variable))
        .map(
            text -> {
              // Kubernetes sets FAIRLEAD_PORT to a URL where a service is called "fairlead".
              if (variable == Variable.PORT && text.startsWith("tcp://")) {
                throw wrong(
                    variable, "a port; Kubernetes has set it, so say enableServiceLinks: false");
              }
              if (!text.matches("\\d{1,7}") || Integer.parseInt(text) > most) {
                throw wrong(variable, use);
              }
              return Integer.parseInt(text);
            });
  }

  private Optional<URI> registry() {
    return Optional.ofNullable(values.get(Variable.REGISTRY))
        .map(
            text -> {
              URI uri;
              try {
                uri = new URI(text);
              } catch (URISyntaxException e) {
                throw wrong(Variable.REGISTRY, "a URL, such as etcd://127.0.0.1:2379");
              }
              if (uri.getScheme() == null || uri.getRawAuthority() == null) {
                throw wrong(Variable.REGISTRY, "a URL, such as etcd://127.0.0.1:2379");
              }
              TreeSet<String> known = new TreeSet<>();
              ServiceLoader.load(RegistryProvider.class).forEach(each -> known.add(each.scheme()));
              if (!known.contains(uri.getScheme())) {
                throw wrong(Variable.REGISTRY, "one of the kinds " + known);
              }
              return uri;
            });
  }

  private Optional<Path> path(Variable variable) {
    return Optional.ofNullable(values.get(variable))
        .map(
            text -> {
              try {
                return Path.of(text);
              } catch (InvalidPathException e) {
                throw wrong(variable, "the path of a file");
              }
            });
  }

  private Optional<Path> file(Variable variable) {
    Optional<Path> path = path(variable);
    if (path.isPresent() && !Files.isReadable(path.get())) {
      throw wrong(variable, "the path of a file that this process can read");
    }
    return path;
  }

  private TlsFiles tls() {
    TlsFiles.Builder files = TlsFiles.builder();
    Optional<Path> key = path(Variable.TLS_KEY);
    path(Variable.TLS_CERTIFICATE)
        .ifPresent(certificate -> files.certificate(certificate, key.orElseThrow()));
    path(Variable.TLS_TRUST).ifPresent(files::trust);
    return files.build();
  }

  private void needs(Variable one, Variable other) {
    if (values.containsKey(one) && !values.containsKey(other)) {
      throw new IllegalArgumentException(
          one.key() + " is set without " + other.key() + "; set both, or neither");
    }
  }

  private IllegalArgumentException wrong(Variable variable, String use) {
    return new IllegalArgumentException(
        variable.key() + " is \"" + shown(variable) + "\"; use " + use);
  }

  private String shown(Variable variable) {
    return variable == Variable.MANAGEMENT_TOKEN
        ? "(hidden)"
        // A URL may carry a password.
        : String.valueOf(values.get(variable)).replaceFirst("//[^/@]*@", "//(hidden)@");
  }

  /**
   * Returns each variable that is set, with its value, for pages that operators read. Secrets are
   * hidden.
   */
  public Map<String, String> shown() {
    Map<String, String> shown = new TreeMap<>();
    values.keySet().forEach(each -> shown.put(each.key(), shown(each)));
    return shown;
  }

  /** Returns each variable that is set, with its value and its meaning; secrets are hidden. */
  @Override
  public String toString() {
    if (values.isEmpty()) {
      return "no setting in the environment";
    }
    StringBuilder text = new StringBuilder();
    values
        .keySet()
        .forEach(
            each -> {
              text.append(text.isEmpty() ? "" : System.lineSeparator());
              text.append(each.key()).append('=').append(shown(each));
              text.append("  (").append(each.meaning()).append(')');
            });
    return text.toString();
  }
}
