package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.proxy.ProxyConfig;
import io.fairlead.management.WebHandler;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a gateway was asked to be. Immutable.
 *
 * @param handlers web pages, by path
 * @param openApi whether the document of all services is served
 * @param deadlineHeader of requests, with milliseconds; empty without one
 * @param requestIdHeader of requests and responses; empty without one
 * @param proxy services of other processes
 */
public record GatewayConfig(
    CorsRules cors,
    Map<String, WebHandler> handlers,
    boolean openApi,
    String deadlineHeader,
    String requestIdHeader,
    ProxyConfig proxy) {
  public GatewayConfig {
    handlers = Map.copyOf(new TreeMap<>(handlers));
  }
}
