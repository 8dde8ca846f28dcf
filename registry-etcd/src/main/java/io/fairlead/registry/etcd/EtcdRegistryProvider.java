package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import io.fairlead.discovery.RegistryUri;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens registries for targets like {@code etcd://h1:2379/service?endpoint=h2:2379}. Other
 * parameters: {@code namespace}, {@code layout} (etcd_naming, kratos, go_zero, kitex), {@code
 * grace} in seconds, {@code tls} (true or false). A password or a certificate has no place in a
 * target: open the registry with {@link EtcdRegistry#builder(URI)} and share it.
 */
public final class EtcdRegistryProvider implements RegistryProvider {
  @Override
  public String scheme() {
    return "etcd";
  }

  @Override
  public Registry open(URI target) {
    return describe(target).connect();
  }

  /** Starts to describe the registry of a target. */
  static EtcdRegistryBuilder describe(URI target) {
    if (!target.getSchemeSpecificPart().startsWith("//")) {
      throw new IllegalArgumentException(
          "target " + target + " lacks slashes; write etcd://host:2379/service");
    }
    RegistryUri uri = RegistryUri.ofRegistry(target);
    if (uri.authority().isEmpty()) {
      throw new IllegalArgumentException(
          "target " + target + " names no etcd; write etcd://host:2379/" + uri.service());
    }
    List<String> hosts = new ArrayList<>(List.of(uri.authority()));
    hosts.addAll(uri.query("endpoint"));
    EtcdRegistryBuilder builder = EtcdRegistry.builder();
    boolean tls = false;
    for (String name : uri.query().keySet()) {
      String value = last(uri.query(name));
      switch (name) {
        case "endpoint" -> {}
        case "namespace" -> builder.namespace(value);
        case "layout" -> builder.layout(layout(target, value));
        case "grace" -> builder.grace(seconds(target, value));
        case "tls" -> tls = flag(target, value);
        default ->
            throw wrong(
                target,
                "the parameter \"" + name + "\"",
                "known are endpoint, namespace, layout, grace and tls");
      }
    }
    String scheme = tls ? "https://" : "http://";
    return builder.endpoints(hosts.stream().map(host -> scheme + host).toArray(String[]::new));
  }

  private static String last(List<String> values) {
    return values.get(values.size() - 1);
  }

  private static KeyLayout layout(URI target, String value) {
    for (KeyLayout keyLayout : KeyLayout.values()) {
      if (keyLayout.name().equalsIgnoreCase(value)) {
        return keyLayout;
      }
    }
    throw wrong(
        target, "the layout \"" + value + "\"", "known are etcd_naming, kratos, go_zero and kitex");
  }

  private static Duration seconds(URI target, String value) {
    try {
      return Duration.ofSeconds(Long.parseLong(value));
    } catch (NumberFormatException e) {
      throw wrong(target, "the grace \"" + value + "\"", "it is a number of seconds, like 30");
    }
  }

  private static boolean flag(URI target, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw wrong(target, "tls \"" + value + "\"", "it is true or false");
    }
    return value.equals("true");
  }

  private static IllegalArgumentException wrong(URI target, String what, String wayOut) {
    return new IllegalArgumentException("target " + target + " has " + what + "; " + wayOut);
  }
}
