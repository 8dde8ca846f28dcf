package io.fairlead.gateway.internal.http;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * The head of a request, of either version.
 *
 * @param method in capital letters, as it was sent
 * @param path still escaped, begins with a slash; {@code *} of an OPTIONS request
 * @param query still escaped, without the question mark; empty without one
 * @param headers without pseudo-headers; names in any case
 * @param authority what the caller takes the server for; empty if it does not say
 */
public record RequestHead(
    String method,
    String path,
    String query,
    HttpHeaders headers,
    String authority,
    ConnectionInfo connection) {

  /** Makes the head of a request for a target: a path with or without a query. */
  static RequestHead of(
      String method,
      String target,
      HttpHeaders headers,
      String authority,
      ConnectionInfo connection) {
    int question = target.indexOf('?');
    return new RequestHead(
        method,
        question < 0 ? target : target.substring(0, question),
        question < 0 ? "" : target.substring(question + 1),
        headers,
        authority,
        connection);
  }

  /** Returns the first value of a header; empty without one. */
  public String header(CharSequence name) {
    String value = headers.get(name);
    return value == null ? "" : value;
  }
}
