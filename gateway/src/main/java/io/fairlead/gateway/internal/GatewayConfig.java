package io.fairlead.gateway.internal;

import io.fairlead.management.WebHandler;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a gateway was asked to be. Immutable.
 *
 * @param handlers web pages, by path
 */
public record GatewayConfig(CorsRules cors, Map<String, WebHandler> handlers) {
  public GatewayConfig {
    handlers = Map.copyOf(new TreeMap<>(handlers));
  }
}
