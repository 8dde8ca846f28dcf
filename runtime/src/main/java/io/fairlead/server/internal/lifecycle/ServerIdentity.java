package io.fairlead.server.internal.lifecycle;

import io.fairlead.discovery.Endpoint;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of itself in the registry.
 *
 * @param name the service's name in the registry
 * @param id of this instance; null makes one from the host, the port and some random letters
 */
public record ServerIdentity(
    String name,
    @Nullable String id,
    String version,
    String zone,
    int weight,
    Map<String, String> tags) {

  public ServerIdentity {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(zone, "zone");
    tags = Map.copyOf(tags);
    if (name.isBlank() || name.startsWith("/") || name.endsWith("/")) {
      throw new IllegalArgumentException(
          "the server's name is \""
              + name
              + "\"; use the name clients ask for, e.g. \"inventory\"");
    }
    if (weight < 0) {
      throw new IllegalArgumentException(
          "the weight of server " + name + " is " + weight + "; use 0 or more, 100 is ordinary");
    }
  }

  public static ServerIdentity of(String name) {
    return new ServerIdentity(name, null, "", "", Endpoint.ORDINARY_WEIGHT, Map.of());
  }
}
