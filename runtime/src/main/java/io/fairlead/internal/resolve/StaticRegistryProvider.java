package io.fairlead.internal.resolve;

import com.google.common.net.HostAndPort;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.RegistryProvider;
import io.fairlead.discovery.RegistryUri;
import io.fairlead.discovery.StaticRegistry;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Opens a {@link StaticRegistry} for targets like {@code
 * static:///inventory?endpoint=10.0.0.1:50051&endpoint=10.0.0.2:50051}. Data may follow an address:
 * {@code endpoint=10.0.0.1:50051;zone=a;weight=50;version=2}, any other name being a tag.
 */
public final class StaticRegistryProvider implements RegistryProvider {
  @Override
  public String scheme() {
    return "static";
  }

  @Override
  public Registry open(URI target) {
    RegistryUri uri = RegistryUri.of(target);
    List<String> texts = new ArrayList<>();
    if (!uri.authority().isEmpty()) {
      texts.add(uri.authority());
    }
    texts.addAll(uri.query("endpoint"));
    if (texts.isEmpty()) {
      throw new IllegalArgumentException(
          "Target " + target + " names no endpoint; add ?endpoint=host:port");
    }
    return StaticRegistry.of(
        Map.of(uri.service(), texts.stream().map(StaticRegistryProvider::endpoint).toList()));
  }

  private static Endpoint endpoint(String text) {
    String[] fields = text.split(";", -1);
    Endpoint.Builder endpoint = Endpoint.builder(fields[0]).addresses(address(text, fields[0]));
    Map<String, String> tags = new TreeMap<>();
    for (int i = 1; i < fields.length; i++) {
      int equals = fields[i].indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException(
            "Endpoint \"" + text + "\" has \"" + fields[i] + "\" where name=value is expected");
      }
      String value = fields[i].substring(equals + 1);
      switch (fields[i].substring(0, equals)) {
        case "zone" -> endpoint.zone(value);
        case "version" -> endpoint.version(value);
        case "weight" -> endpoint.weight(number(text, value));
        default -> tags.put(fields[i].substring(0, equals), value);
      }
    }
    return endpoint.tags(tags).build();
  }

  private static Address address(String text, String hostAndPort) {
    try {
      HostAndPort given = HostAndPort.fromString(hostAndPort);
      return Address.grpc(given.getHost(), given.getPort());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new IllegalArgumentException(
          "Endpoint \"" + text + "\" in a static target is not host:port: " + e.getMessage(), e);
    }
  }

  private static int number(String text, String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Endpoint \"" + text + "\" has \"" + digits + "\" where a number is expected", e);
    }
  }
}
