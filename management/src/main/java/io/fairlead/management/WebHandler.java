package io.fairlead.management;

import java.io.IOException;

/**
 * Answers HTTP requests below one path. A {@link ManagementServer} serves handlers on a port of its
 * own.
 *
 * <p>Called on a thread that may block, by several threads at once. A handler that throws a {@link
 * WebException} answers with its status and text. Whatever else it throws is logged and answered
 * with 500.
 */
@FunctionalInterface
public interface WebHandler {
  /** Answers one request. A handler that returns without a response has answered with 204. */
  void handle(WebExchange exchange) throws IOException;
}
