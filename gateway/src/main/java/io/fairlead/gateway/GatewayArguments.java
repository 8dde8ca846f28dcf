package io.fairlead.gateway;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the process of a gateway was asked to be. Immutable. */
final class GatewayArguments {
  static final String HELP =
      """
      Serves services of other processes by Connect, gRPC-Web, REST and gRPC, on one port.

      What to serve; at least a target or a registry:
        --target TARGET         host:port, dns:///host:port or etcd://host:port/service;
                                may be given several times
        --registry URL          all services of a registry, such as etcd://host:port;
                                new ones are found without a restart
        --etcd HOST:PORT        short for --registry etcd://HOST:PORT
        --prefix TEXT           of a registry, only services whose names begin with this
        --descriptors FILE      the contracts of a single target, written by protoc
                                --include_imports --descriptor_set_out=FILE;
                                default: asked by reflection
        --reload SECONDS        how often contracts and registries are read; default 30

      Where to serve:
        --port NUMBER           default 8080; 0 takes any free one
        --host ADDRESS          default: all addresses
        --tls-certificate FILE  a PEM chain; with --tls-key, a PEM key in PKCS#8
        --tls-clients FILE      the authorities of clients that are let in; default: no certificate
        --allow-origin ORIGIN   web pages that may call, such as https://shop.example;
                                may be given several times

      To the services:
        --target-ca FILE        TLS, with this authority in PEM; default: plain text
        --max-calls NUMBER      the most calls at once; default: no limit

        --help                  this text
      """;

  private static final Set<String> REPEATED = Set.of("--target", "--allow-origin");
  private static final Set<String> SINGLE =
      Set.of(
          "--registry",
          "--etcd",
          "--prefix",
          "--descriptors",
          "--reload",
          "--port",
          "--host",
          "--tls-certificate",
          "--tls-key",
          "--tls-clients",
          "--target-ca",
          "--max-calls");

  private final Map<String, List<String>> values;

  private GatewayArguments(Map<String, List<String>> values) {
    this.values = values;
  }

  /** Reads arguments; throws IllegalArgumentException with what is wrong and the way out. */
  static GatewayArguments parse(String[] args) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (int i = 0; i < args.length; i++) {
      int equals = args[i].startsWith("--") ? args[i].indexOf('=') : -1;
      String name = equals < 0 ? args[i] : args[i].substring(0, equals);
      if (!SINGLE.contains(name) && !REPEATED.contains(name)) {
        throw new IllegalArgumentException("unknown argument " + name);
      }
      String value;
      if (equals >= 0) {
        value = args[i].substring(equals + 1);
      } else if (i + 1 < args.length && !args[i + 1].startsWith("--")) {
        value = args[++i];
      } else {
        throw new IllegalArgumentException(name + " needs a value");
      }
      if (value.isEmpty()) {
        throw new IllegalArgumentException(name + " has an empty value");
      }
      List<String> known = values.computeIfAbsent(name, any -> new ArrayList<>());
      known.add(value);
      if (known.size() > 1 && !REPEATED.contains(name)) {
        throw new IllegalArgumentException(name + " is given twice");
      }
    }
    GatewayArguments arguments = new GatewayArguments(values);
    arguments.check();
    return arguments;
  }

  private void check() {
    if (targets().isEmpty() && registry() == null) {
      throw new IllegalArgumentException(
          "nothing to serve; give --target host:port, or --registry etcd://host:port");
    }
    if (values.containsKey("--descriptors") && (registry() != null || targets().size() > 1)) {
      throw new IllegalArgumentException(
          "--descriptors does not say which of several services has which contract; give it with a"
              + " single --target and without --registry, or leave it out and turn reflection on");
    }
    if (values.containsKey("--registry") && values.containsKey("--etcd")) {
      throw new IllegalArgumentException("--etcd and --registry name a registry each; give one");
    }
    if (values.containsKey("--prefix") && registry() == null) {
      throw new IllegalArgumentException("--prefix needs --registry or --etcd too");
    }
    together("--tls-certificate", "--tls-key");
    together("--tls-key", "--tls-certificate");
    together("--tls-clients", "--tls-certificate");
    number("--port", 8080, 0, 65_535);
    number("--max-calls", 1, 1, Integer.MAX_VALUE);
    number("--reload", 30, 1, 86_400);
  }

  private void together(String one, String other) {
    if (values.containsKey(one) && !values.containsKey(other)) {
      throw new IllegalArgumentException(one + " needs " + other + " too");
    }
  }

  private int number(String name, int otherwise, int least, int most) {
    String text = value(name);
    if (text == null) {
      return otherwise;
    }
    if (text.matches("\\d{1,9}")) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw new IllegalArgumentException(
        name + " is \"" + text + "\"; use a number from " + least + " to " + most);
  }

  private @Nullable String value(String name) {
    List<String> known = values.get(name);
    return known == null ? null : known.get(0);
  }

  private @Nullable Path file(String name) {
    String value = value(name);
    return value == null ? null : Path.of(value);
  }

  List<String> targets() {
    return values.getOrDefault("--target", List.of());
  }

  List<String> origins() {
    return values.getOrDefault("--allow-origin", List.of());
  }

  @Nullable String registry() {
    String etcd = value("--etcd");
    return etcd == null ? value("--registry") : "etcd://" + etcd;
  }

  String prefix() {
    String value = value("--prefix");
    return value == null ? "" : value;
  }

  Contracts contracts() {
    Path file = file("--descriptors");
    return file == null ? Contracts.reflection() : Contracts.descriptorSet(file);
  }

  Duration reload() {
    return Duration.ofSeconds(number("--reload", 30, 1, 86_400));
  }

  int port() {
    return number("--port", 8080, 0, 65_535);
  }

  @Nullable String host() {
    return value("--host");
  }

  @Nullable Path certificate() {
    return file("--tls-certificate");
  }

  @Nullable Path key() {
    return file("--tls-key");
  }

  @Nullable Path clients() {
    return file("--tls-clients");
  }

  @Nullable Path targetAuthority() {
    return file("--target-ca");
  }

  /** Returns the most calls at once; 0 without a limit. */
  int maxCalls() {
    return values.containsKey("--max-calls") ? number("--max-calls", 1, 1, Integer.MAX_VALUE) : 0;
  }
}
