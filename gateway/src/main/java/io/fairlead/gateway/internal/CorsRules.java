package io.fairlead.gateway.internal;

import io.fairlead.gateway.internal.connect.ConnectProtocol;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which web pages may call: those of the origins that were named, and none by default. A page of
 * the server's own origin needs no permission. Immutable.
 *
 * @param origins such as {@code https://shop.example}, or {@code *} for all
 * @param headers further request headers that pages may send, in small letters
 */
public record CorsRules(Set<String> origins, Set<String> headers) {
  private static final String METHODS = "GET, POST, PUT, PATCH, DELETE";
  private static final Set<String> HEADERS =
      Set.of(
          "authorization",
          "content-type",
          "content-encoding",
          "accept-encoding",
          "connect-protocol-version",
          "connect-timeout-ms",
          "connect-accept-encoding",
          "connect-content-encoding",
          "grpc-timeout",
          "x-grpc-web",
          "x-user-agent");

  /** What a page may read anyway, or must not. */
  private static final Set<String> NOT_EXPOSED =
      Set.of("content-type", "content-length", "vary", "set-cookie", "connection");

  public CorsRules {
    origins = Set.copyOf(origins);
    headers = Set.copyOf(headers);
  }

  static boolean isPreflight(RequestHead request) {
    return request.method().equals("OPTIONS")
        && !request.header("origin").isEmpty()
        && !request.header("access-control-request-method").isEmpty();
  }

  private boolean allows(String origin) {
    return origins.contains("*") || origins.contains(origin);
  }

  /**
   * Whether a request comes from a page that may call, or from no page. A browser names the origin
   * of a page with every request but a simple GET or HEAD, whose response the page cannot read.
   *
   * <p>A page of the server's own origin is known by {@code Sec-Fetch-Site}, which no page can set.
   * Without it the hosts are compared, and not the schemes, as TLS may end before the server.
   */
  boolean admits(RequestHead request) {
    String origin = request.header(HttpHeaderNames.ORIGIN);
    if (origin.isEmpty() || allows(origin)) {
      return true;
    }
    String site = request.header("sec-fetch-site");
    return site.isEmpty()
        ? isOf(request.authority(), origin)
        : site.equals("same-origin") || site.equals("none");
  }

  private static boolean isOf(String authority, String origin) {
    int host = origin.indexOf("://") + 3;
    if (host < 3 || authority.isEmpty()) {
      return false;
    }
    String port = origin.startsWith("https:") ? ":443" : ":80";
    return withoutPort(authority, port).equalsIgnoreCase(withoutPort(origin.substring(host), port));
  }

  private static String withoutPort(String authority, String port) {
    return authority.endsWith(port)
        ? authority.substring(0, authority.length() - port.length())
        : authority;
  }

  /** Answers a page that may not call. */
  static void refuse(HttpExchange exchange) {
    ConnectProtocol.refuse(
        exchange,
        403,
        "pages of "
            + exchange.request().header("origin")
            + " may not call this server; Gateway.Builder.allowOrigins lets them",
        "cache-control",
        "no-store");
  }

  /** Answers a browser that asks before it lets a page call. */
  void answerPreflight(HttpExchange exchange) {
    RequestHead request = exchange.request();
    String origin = request.header("origin");
    if (!allows(origin)) {
      refuse(exchange);
      return;
    }
    Set<String> allowed = new TreeSet<>(HEADERS);
    allowed.addAll(headers);
    DefaultHttpHeaders fields = new DefaultHttpHeaders();
    fields.set("vary", "origin, access-control-request-method, access-control-request-headers");
    fields.set("access-control-allow-origin", origins.contains("*") ? "*" : origin);
    fields.set("access-control-allow-methods", METHODS);
    fields.set("access-control-allow-headers", String.join(", ", allowed));
    fields.set("access-control-max-age", "7200");
    exchange.respond(204, fields, Unpooled.EMPTY_BUFFER);
  }

  /** Lets a page of an allowed origin read a response. */
  void addTo(RequestHead request, HttpHeaders response) {
    if (origins.isEmpty()) {
      return;
    }
    response.add("vary", "origin");
    String origin = request.header("origin");
    if (origin.isEmpty() || !allows(origin)) {
      return;
    }
    response.set("access-control-allow-origin", origins.contains("*") ? "*" : origin);
    Set<String> exposed = new TreeSet<>();
    exposed.add("grpc-status");
    exposed.add("grpc-message");
    exposed.add("grpc-status-details-bin");
    for (String name : response.names()) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!NOT_EXPOSED.contains(lower) && !lower.startsWith("access-control-")) {
        exposed.add(lower);
      }
    }
    response.set("access-control-expose-headers", String.join(", ", exposed));
  }
}
