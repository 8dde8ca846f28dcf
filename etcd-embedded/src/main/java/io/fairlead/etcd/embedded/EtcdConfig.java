package io.fairlead.etcd.embedded;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import java.time.Duration;

/**
 * What one server was started with.
 *
 * @param host where it listens
 * @param port 0 for any free one
 * @param minTtlSeconds shorter leases are made this long
 * @param maxRequestBytes larger writes are refused, and fragmented watch responses stay below it
 * @param progressInterval how often a quiet watch that asked for it hears of progress
 * @param credentials of its socket, with TLS or without
 */
record EtcdConfig(
    String host,
    int port,
    long minTtlSeconds,
    int maxRequestBytes,
    Duration progressInterval,
    ServerCredentials credentials) {
  /** Room for the frame around a request, as in etcd. */
  private static final int OVERHEAD_BYTES = 512 * 1024;

  /** What a default etcd does: its election timeout of 1s makes the shortest lease 2s. */
  static final EtcdConfig DEFAULT =
      new EtcdConfig(
          "127.0.0.1",
          0,
          2,
          1536 * 1024,
          Duration.ofMinutes(10),
          InsecureServerCredentials.create());

  EtcdConfig {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is blank; use 127.0.0.1, or 0.0.0.0 for any");
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not in 0 to 65535; 0 is any free");
    }
    if (minTtlSeconds < 1) {
      throw new IllegalArgumentException(
          "minimum TTL of " + minTtlSeconds + "s is too short; use 1s or more");
    }
    if (maxRequestBytes < 1) {
      throw new IllegalArgumentException(
          "maxRequestBytes of " + maxRequestBytes + " lets nothing through; use 1 or more");
    }
    if (progressInterval.isNegative() || progressInterval.isZero()) {
      throw new IllegalArgumentException(
          "progressInterval of " + progressInterval.toMillis() + "ms is not positive");
    }
  }

  /** Returns the largest message that is read at all, and the size that fragments stay below. */
  int maxMessageBytes() {
    return maxRequestBytes + OVERHEAD_BYTES;
  }

  EtcdConfig withHost(String value) {
    return new EtcdConfig(
        value, port, minTtlSeconds, maxRequestBytes, progressInterval, credentials);
  }

  EtcdConfig withPort(int value) {
    return new EtcdConfig(
        host, value, minTtlSeconds, maxRequestBytes, progressInterval, credentials);
  }

  EtcdConfig withMinTtlSeconds(long value) {
    return new EtcdConfig(host, port, value, maxRequestBytes, progressInterval, credentials);
  }

  EtcdConfig withMaxRequestBytes(int value) {
    return new EtcdConfig(host, port, minTtlSeconds, value, progressInterval, credentials);
  }

  boolean hasTls() {
    return credentials instanceof TlsServerCredentials;
  }

  EtcdConfig withCredentials(ServerCredentials value) {
    return new EtcdConfig(host, port, minTtlSeconds, maxRequestBytes, progressInterval, value);
  }

  EtcdConfig withProgressInterval(Duration value) {
    return new EtcdConfig(host, port, minTtlSeconds, maxRequestBytes, value, credentials);
  }
}
