package io.fairlead.registry.etcd;

import java.time.Duration;

/**
 * How long things may take.
 *
 * @param ttl of the lease; etcd may raise it
 * @param request after which a request without an answer has failed
 * @param pulse for how long etcd may say nothing before it is asked for a sign of life
 * @param retry the longest pause between two attempts to reach etcd
 * @param refused the longest pause when etcd answers, but with a refusal
 * @param audit how often a watched list is compared with etcd, about
 * @param stale for how long a silence is not worth telling
 * @param grace for how long a mass disappearance is not believed
 * @param close bound on leaving
 */
record Timing(
    Duration ttl,
    Duration request,
    Duration pulse,
    Duration retry,
    Duration refused,
    Duration audit,
    Duration stale,
    Duration grace,
    Duration close) {
  static final Timing USUAL =
      new Timing(
          Duration.ofSeconds(15),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofMinutes(1),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(3));

  Timing {
    between("ttl", ttl, Duration.ofSeconds(2), Duration.ofHours(1));
    between("grace", grace, Duration.ZERO, Duration.ofHours(1));
    between("request timeout", request, Duration.ofMillis(100), Duration.ofMinutes(1));
  }

  private static void between(String name, Duration value, Duration low, Duration high) {
    if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
      throw new IllegalArgumentException(
          "etcd registry "
              + name
              + " "
              + Spans.text(value)
              + " is not in "
              + Spans.text(low)
              + " to "
              + Spans.text(high));
    }
  }

  Timing withTtl(Duration value) {
    return new Timing(value, request, pulse, retry, refused, audit, stale, grace, close);
  }

  Timing withGrace(Duration value) {
    return new Timing(ttl, request, pulse, retry, refused, audit, stale, value, close);
  }

  Timing withRequest(Duration value) {
    return new Timing(ttl, value, pulse, retry, refused, audit, stale, grace, close);
  }

  Timing withPulse(Duration value) {
    return new Timing(ttl, request, value, retry, refused, audit, stale, grace, close);
  }

  Timing withRefused(Duration value) {
    return new Timing(ttl, request, pulse, retry, value, audit, stale, grace, close);
  }

  /** How long a connection whose packets vanish may go unnoticed. */
  Duration silence() {
    return pulse.plus(request);
  }
}
