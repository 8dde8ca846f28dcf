package io.fairlead.registry.etcd;

import java.time.Duration;

/**
 * How long things may take.
 *
 * @param ttl of the lease; etcd may raise it
 * @param requestTimeout after which a request without an answer has failed
 * @param probeInterval for how long etcd may not answer before it is probed
 * @param maxBackoff the longest backoff between two attempts to reach etcd
 * @param maxBackoffWhenRejected the longest backoff when etcd answers, but with a refusal
 * @param verifyInterval how often a watched list is compared with etcd, about
 * @param staleAfter for how long a silence of etcd does not make a list stale, and the first link
 *     waits for what other endpoints say
 * @param selfPreservationGrace for how long endpoints are kept after a mass disappearance
 * @param closeTimeout bound on leaving
 */
record EtcdTimeouts(
    Duration ttl,
    Duration requestTimeout,
    Duration probeInterval,
    Duration maxBackoff,
    Duration maxBackoffWhenRejected,
    Duration verifyInterval,
    Duration staleAfter,
    Duration selfPreservationGrace,
    Duration closeTimeout) {
  static final EtcdTimeouts DEFAULT =
      new EtcdTimeouts(
          Duration.ofSeconds(15),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofMinutes(1),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(3));

  EtcdTimeouts {
    requireBetween("ttl", ttl, Duration.ofSeconds(2), Duration.ofHours(1));
    requireBetween("grace", selfPreservationGrace, Duration.ZERO, Duration.ofHours(1));
    requireBetween(
        "request timeout", requestTimeout, Duration.ofMillis(100), Duration.ofMinutes(1));
  }

  private static void requireBetween(String name, Duration value, Duration low, Duration high) {
    if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
      throw new IllegalArgumentException(
          "etcd registry "
              + name
              + " "
              + DurationFormat.format(value)
              + " is not in "
              + DurationFormat.format(low)
              + " to "
              + DurationFormat.format(high));
    }
  }

  EtcdTimeouts withTtl(Duration value) {
    return new EtcdTimeouts(
        value,
        requestTimeout,
        probeInterval,
        maxBackoff,
        maxBackoffWhenRejected,
        verifyInterval,
        staleAfter,
        selfPreservationGrace,
        closeTimeout);
  }

  EtcdTimeouts withSelfPreservationGrace(Duration value) {
    return new EtcdTimeouts(
        ttl,
        requestTimeout,
        probeInterval,
        maxBackoff,
        maxBackoffWhenRejected,
        verifyInterval,
        staleAfter,
        value,
        closeTimeout);
  }

  EtcdTimeouts withRequestTimeout(Duration value) {
    return new EtcdTimeouts(
        ttl,
        value,
        probeInterval,
        maxBackoff,
        maxBackoffWhenRejected,
        verifyInterval,
        staleAfter,
        selfPreservationGrace,
        closeTimeout);
  }

  EtcdTimeouts withProbeInterval(Duration value) {
    return new EtcdTimeouts(
        ttl,
        requestTimeout,
        value,
        maxBackoff,
        maxBackoffWhenRejected,
        verifyInterval,
        staleAfter,
        selfPreservationGrace,
        closeTimeout);
  }

  EtcdTimeouts withStaleAfter(Duration value) {
    return new EtcdTimeouts(
        ttl,
        requestTimeout,
        probeInterval,
        maxBackoff,
        maxBackoffWhenRejected,
        verifyInterval,
        value,
        selfPreservationGrace,
        closeTimeout);
  }

  EtcdTimeouts withVerifyInterval(Duration value) {
    return new EtcdTimeouts(
        ttl,
        requestTimeout,
        probeInterval,
        maxBackoff,
        maxBackoffWhenRejected,
        value,
        staleAfter,
        selfPreservationGrace,
        closeTimeout);
  }

  EtcdTimeouts withMaxBackoffWhenRejected(Duration value) {
    return new EtcdTimeouts(
        ttl,
        requestTimeout,
        probeInterval,
        maxBackoff,
        value,
        verifyInterval,
        staleAfter,
        selfPreservationGrace,
        closeTimeout);
  }

  /** Returns how long a connection whose packets vanish may go unnoticed. */
  Duration maxSilence() {
    return probeInterval.plus(requestTimeout);
  }
}
