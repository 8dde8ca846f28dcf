package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.http.HttpService;
import io.fairlead.lifecycle.ServerGateway;

/** Makes the service of a gateway without a port of its own, for tests of other packages. */
public final class GatewayServices {
  private GatewayServices() {}

  public static HttpService of(GatewayConfig config, ServerGateway.Port port) {
    return new GatewayService(config, port);
  }
}
