package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Opens registries for targets like {@code etcd://h1:2379/service?endpoint=h2:2379}. Other
 * parameters: {@code namespace}, {@code layout} (etcd_naming, kratos, go_zero, kitex), {@code
 * grace} in seconds, {@code tls} (true or false). A password or a certificate has no place in a
 * target: open the registry with {@link EtcdRegistry#builder()} and share it.
 */
public final class EtcdRegistryProvider implements RegistryProvider {
  @Override
  public String scheme() {
    return "etcd";
  }

  @Override
  public Registry open(URI target) {
    if (target.getAuthority() == null) {
      throw new IllegalArgumentException(
          "target " + target + " names no etcd; write etcd://host:2379/service");
    }
    List<String> hosts = new ArrayList<>(List.of(target.getAuthority()));
    EtcdRegistryBuilder builder = EtcdRegistry.builder();
    boolean tls = false;
    String query = target.getRawQuery() == null ? "" : target.getRawQuery();
    for (String parameter : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8);
      switch (name) {
        case "endpoint" -> hosts.add(value);
        case "namespace" -> builder.namespace(value);
        case "layout" -> builder.layout(layout(target, value));
        case "grace" -> builder.grace(seconds(target, value));
        case "tls" -> tls = Boolean.parseBoolean(value);
        default ->
            throw new IllegalArgumentException(
                "target "
                    + target
                    + " has the parameter \""
                    + name
                    + "\"; known are endpoint, namespace, layout, grace and tls");
      }
    }
    String scheme = tls ? "https://" : "http://";
    return builder
        .endpoints(hosts.stream().map(host -> scheme + host).toArray(String[]::new))
        .connect();
  }

  private static Layout layout(URI target, String value) {
    try {
      return Layout.valueOf(value.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "target "
              + target
              + " has the layout \""
              + value
              + "\"; known are etcd_naming, kratos, go_zero and kitex");
    }
  }

  private static Duration seconds(URI target, String value) {
    try {
      return Duration.ofSeconds(Long.parseLong(value));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "target " + target + " has the grace \"" + value + "\", not a number of seconds");
    }
  }
}
