package io.fairlead.gateway.internal.http;

import java.time.Duration;

/**
 * What a connection of HTTP/1.1 may take.
 *
 * @param lineBytes of the first line of a request, which may hold a message
 * @param headerBytes of all headers of a request
 * @param idle how long a connection may wait for the whole head of the next request
 * @param bodyPause how long a body may pause
 * @param writePause how long a response may wait without a byte that leaves
 * @param linger how long a caller gets to read the last response of a connection
 */
public record ConnectionLimits(
    int lineBytes,
    int headerBytes,
    Duration idle,
    Duration bodyPause,
    Duration writePause,
    Duration linger) {
  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(
          16 << 10,
          8 << 10,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(2));
}
