package io.fairlead.contract.internal;

import io.fairlead.internal.Durations;
import io.fairlead.options.Balancer;
import io.fairlead.options.Cache;
import io.fairlead.options.Hedging;
import io.fairlead.options.Mirror;
import io.fairlead.options.Policy;
import io.fairlead.options.Retry;
import io.fairlead.options.Route;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.Priority;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RoutePolicy;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Reads the contract's options as a policy; what is unset stays unset. Both sides use it, for stock
 * stubs alone: generated code carries its policy as Java.
 */
final class PolicyOptionsParser {
  private PolicyOptionsParser() {}

  static MethodPolicy read(Policy from) {
    MethodPolicy.Builder to = MethodPolicy.builder();
    if (!from.getDeadline().isEmpty()) {
      to.deadline(Durations.parse("deadline", from.getDeadline()));
    }
    if (!from.getIdleTimeout().isEmpty()) {
      to.idleTimeout(Durations.parse("idleTimeout", from.getIdleTimeout()));
    }
    if (from.hasRetry()) {
      to.retry(retry(from.getRetry()));
    }
    if (from.hasHedging()) {
      to.hedging(hedging(from.getHedging()));
    }
    if (!from.getCustomBalancer().isEmpty()) {
      to.balancer(from.getCustomBalancer());
    } else if (from.getBalancer() != Balancer.BALANCER_UNSPECIFIED) {
      to.balancer(from.getBalancer().name().toLowerCase(Locale.ROOT));
    }
    if (from.hasWaitForReady()) {
      to.waitForReady(from.getWaitForReady());
    }
    if (from.hasMaxRequestBytes()) {
      to.maxRequestBytes(bytes(from.getMaxRequestBytes()));
    }
    if (from.hasMaxResponseBytes()) {
      to.maxResponseBytes(bytes(from.getMaxResponseBytes()));
    }
    if (!from.getCompression().isEmpty()) {
      to.compression(from.getCompression());
    }
    if (from.getAuthScopesCount() > 0) {
      to.authScopes(from.getAuthScopesList());
    }
    if (from.hasPublic()) {
      to.publicAccess(from.getPublic());
    }
    if (from.getPriority() != io.fairlead.options.Priority.PRIORITY_UNSPECIFIED) {
      to.priority(Priority.valueOf(from.getPriority().name()));
    }
    if (from.getFailureMode() != io.fairlead.options.FailureMode.FAILURE_MODE_UNSPECIFIED) {
      to.failureMode(FailureMode.valueOf(from.getFailureMode().name()));
    }
    if (from.hasRoute()) {
      to.route(route(from.getRoute()));
    }
    if (from.hasCache()) {
      to.cache(cache(from.getCache()));
    }
    if (from.hasMirror()) {
      to.mirror(mirror(from.getMirror()));
    }
    return to.build();
  }

  private static MirrorPolicy mirror(Mirror from) {
    MirrorPolicy.Builder to = MirrorPolicy.builder().to(from.getTo());
    if (from.hasPercent()) {
      to.percent(from.getPercent());
    }
    return to.build();
  }

  private static RoutePolicy route(Route from) {
    RoutePolicy.Builder to = RoutePolicy.builder().value(from.getValue());
    if (!from.getTag().isEmpty()) {
      to.tag(from.getTag());
    }
    if (from.hasPercent()) {
      to.percent(from.getPercent());
    }
    return to.build();
  }

  private static CachePolicy cache(Cache from) {
    CachePolicy.Builder to = CachePolicy.builder().vary(from.getVaryList());
    if (!from.getTtl().isEmpty()) {
      to.ttl(Durations.parse("cache.ttl", from.getTtl()));
    }
    if (!from.getStaleIfError().isEmpty()) {
      to.staleIfError(Durations.parse("cache.staleIfError", from.getStaleIfError()));
    }
    if (from.hasMaxEntries()) {
      to.maxEntries(bytes(from.getMaxEntries()));
    }
    if (from.hasMaxBytes()) {
      to.maxBytes(bytes(from.getMaxBytes()));
    }
    if (from.hasSharedFlight()) {
      to.sharedFlight(from.getSharedFlight());
    }
    return to.build();
  }

  private static RetryPolicy retry(Retry from) {
    RetryPolicy.Builder to = RetryPolicy.builder().unsafe(from.getUnsafe());
    if (from.getAttempts() != 0) {
      to.attempts(from.getAttempts());
    }
    if (!from.getPerAttempt().isEmpty()) {
      to.perAttempt(Durations.parse("retry.perAttempt", from.getPerAttempt()));
    }
    if (from.getCodesCount() > 0) {
      to.codes(codes(from.getCodesList()));
    }
    if (!from.getBackoff().isEmpty()) {
      to.backoff(Durations.parse("retry.backoff", from.getBackoff()));
    }
    if (!from.getMaxBackoff().isEmpty()) {
      to.maxBackoff(Durations.parse("retry.maxBackoff", from.getMaxBackoff()));
    }
    if (from.hasBackoffMultiplier()) {
      to.backoffMultiplier(from.getBackoffMultiplier());
    }
    return to.build();
  }

  private static HedgingPolicy hedging(Hedging from) {
    HedgingPolicy.Builder to =
        HedgingPolicy.builder()
            .unsafe(from.getUnsafe())
            .delay(Durations.parse("hedging.delay", from.getDelay()));
    if (from.getAttempts() != 0) {
      to.attempts(from.getAttempts());
    }
    if (from.getCodesCount() > 0) {
      to.codes(codes(from.getCodesList()));
    }
    return to.build();
  }

  private static List<Code> codes(List<io.fairlead.options.Code> from) {
    return from.stream().map(code -> Code.of(code.getNumber())).collect(Collectors.toList());
  }

  /** The field is unsigned; what does not fit an int is no limit that a JVM could reach. */
  private static int bytes(int unsigned) {
    return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
  }
}
