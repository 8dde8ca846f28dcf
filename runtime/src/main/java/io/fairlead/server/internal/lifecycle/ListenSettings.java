package io.fairlead.server.internal.lifecycle;

import io.fairlead.lifecycle.ServerGateway;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens and how others reach it.
 *
 * @param host the local address to bind, or null for all of them
 * @param port 0 takes any free one
 * @param advertised {@code host:port} or {@code host} for the registry, or null to choose one
 * @param loopbackAllowed whether a loopback address may go into a registry on another host
 * @param tls null is plain text
 * @param gateway serves further protocols on the port; null serves gRPC alone
 */
public record ListenSettings(
    @Nullable String host,
    int port,
    @Nullable String advertised,
    boolean loopbackAllowed,
    @Nullable ServerTls tls,
    @Nullable ServerGateway gateway) {

  public ListenSettings {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "port is " + port + "; use 1 to 65535, or 0 for any free one");
    }
  }
}
