package io.fairlead.management;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** One HTTP request and its response. Used by one thread at a time. */
public interface WebExchange {
  /** Returns the method in capital letters, such as {@code GET}. */
  String method();

  /**
   * Returns the path that the handler was given for, such as {@code /console}: with it begin the
   * links of a page to itself. Empty for the root.
   */
  String mount();

  /** Returns the path below the one that the handler was given for, decoded; {@code /} at least. */
  String path();

  /** Returns a parameter of the query, decoded; the first one if it is repeated. */
  Optional<String> parameter(String name);

  /** Returns a request header; the first one if it is repeated. Case does not matter. */
  Optional<String> header(String name);

  /**
   * Returns the body of the request. Reading more than the server's limit throws a {@link
   * WebException} with status 413.
   */
  InputStream body() throws IOException;

  /** Sets a header of the response. Only before the response begins. */
  void setHeader(String name, String value);

  /** Answers with a whole body. */
  void respond(int status, String contentType, byte[] body) throws IOException;

  /**
   * Begins a response whose length is not known.
   *
   * @return for the body; closing it ends the response
   */
  OutputStream stream(int status, String contentType) throws IOException;

  /** Begins a response of server-sent events. Closing the stream ends it. */
  default EventStream events() throws IOException {
    setHeader("Cache-Control", "no-store");
    return new EventStream(stream(200, "text/event-stream"));
  }

  /** Answers with a text. */
  default void respond(int status, String contentType, String body) throws IOException {
    respond(status, contentType + "; charset=utf-8", body.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Checks the method of the request. {@code HEAD} counts as {@code GET}.
   *
   * @throws WebException with status 405 if it is none of these
   */
  default void allow(String... methods) {
    String asked = method().equals("HEAD") ? "GET" : method();
    if (!Arrays.asList(methods).contains(asked)) {
      setHeader("Allow", String.join(", ", methods));
      throw new WebException(
          405, method() + " is not possible here; use " + String.join(" or ", methods));
    }
  }

  /**
   * Returns which of these media types the caller prefers, by its {@code Accept} header. Without
   * the header, or if it names none of them, that is the first one.
   */
  default String preferred(String first, String... others) {
    return header("Accept")
        .map(accept -> AcceptHeader.parse(accept).best(first, others))
        .orElse(first);
  }
}
