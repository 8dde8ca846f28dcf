package io.fairlead.management;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An exchange of the JDK's HTTP server. */
final class HttpServerExchange implements WebExchange {
  private final HttpExchange exchange;
  private final String mount;
  private final String path;
  private final long bodyLimit;
  private boolean answered;

  HttpServerExchange(HttpExchange exchange, String mount, String path, long bodyLimit) {
    this.exchange = exchange;
    this.mount = mount;
    this.path = path;
    this.bodyLimit = bodyLimit;
  }

  @Override
  public String method() {
    return exchange.getRequestMethod();
  }

  @Override
  public String mount() {
    return mount;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public Optional<String> parameter(String name) {
    String query = exchange.getRequestURI().getRawQuery();
    if (query == null) {
      return Optional.empty();
    }
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? pair : pair.substring(0, equals);
      if (decode(key).equals(name)) {
        return Optional.of(equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return Optional.empty();
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new WebException(400, "the query has a bad escape: " + text);
    }
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  @Override
  public InputStream body() {
    return new BoundedInputStream(exchange.getRequestBody(), bodyLimit);
  }

  @Override
  public void setHeader(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  @Override
  public void respond(int status, String contentType, byte[] body) throws IOException {
    begin(status, contentType, body.length == 0 ? -1 : body.length);
    if (!isHead() && body.length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  @Override
  public OutputStream stream(int status, String contentType) throws IOException {
    begin(status, contentType, 0);
    return isHead() ? OutputStream.nullOutputStream() : exchange.getResponseBody();
  }

  private boolean isHead() {
    return method().equals("HEAD");
  }

  /** For the JDK's server a length of 0 means "not known", and -1 means "no body". */
  private void begin(int status, String contentType, long length) throws IOException {
    if (answered) {
      throw new IllegalStateException("the response has begun already");
    }
    answered = true;
    setHeader("Content-Type", contentType);
    setHeader("X-Content-Type-Options", "nosniff");
    if (isHead()) {
      if (length > 0) {
        setHeader("Content-Length", Long.toString(length));
      }
      exchange.sendResponseHeaders(status, -1);
    } else {
      exchange.sendResponseHeaders(status, length);
    }
  }

  /** Whether the response has begun. */
  boolean isAnswered() {
    return answered;
  }
}
