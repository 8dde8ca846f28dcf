package io.fairlead.codegen.emit;

import io.fairlead.codegen.names.JavaType;
import io.fairlead.options.Balancer;
import io.fairlead.options.Cache;
import io.fairlead.options.Code;
import io.fairlead.options.DurationText;
import io.fairlead.options.FailureMode;
import io.fairlead.options.Hedging;
import io.fairlead.options.Mirror;
import io.fairlead.options.Policy;
import io.fairlead.options.Priority;
import io.fairlead.options.Retry;
import io.fairlead.options.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A policy as calls of the runtime's builders; what the contract leaves out stays out. */
final class PolicyExpression {
  private PolicyExpression() {}

  static MethodChain.Value policy(JavaFile file, Policy policy) {
    Setters setters = new Setters(file);
    setters.time("deadline", policy.getDeadline());
    setters.time("idleTimeout", policy.getIdleTimeout());
    if (policy.hasRetry()) {
      setters.add(MethodChain.link("retry", retry(file, policy.getRetry())));
    }
    if (policy.hasHedging()) {
      setters.add(MethodChain.link("hedging", hedging(file, policy.getHedging())));
    }
    setters.text("balancer", balancer(policy));
    if (policy.hasWaitForReady()) {
      setters.value("waitForReady", policy.getWaitForReady());
    }
    if (policy.hasMaxRequestBytes()) {
      setters.value("maxRequestBytes", policy.getMaxRequestBytes());
    }
    if (policy.hasMaxResponseBytes()) {
      setters.value("maxResponseBytes", policy.getMaxResponseBytes());
    }
    setters.text("compression", policy.getCompression());
    setters.texts("authScopes", policy.getAuthScopesList());
    if (policy.hasPublic()) {
      setters.value("publicAccess", policy.getPublic());
    }
    if (policy.getPriority() != Priority.PRIORITY_UNSPECIFIED) {
      setters.constant("priority", RuntimeTypes.PRIORITY, policy.getPriority());
    }
    if (policy.getFailureMode() != FailureMode.FAILURE_MODE_UNSPECIFIED) {
      setters.constant("failureMode", RuntimeTypes.FAILURE_MODE, policy.getFailureMode());
    }
    if (policy.hasRoute()) {
      setters.add(MethodChain.link("route", route(file, policy.getRoute())));
    }
    if (policy.hasCache()) {
      setters.add(MethodChain.link("cache", cache(file, policy.getCache())));
    }
    if (policy.hasMirror()) {
      setters.add(MethodChain.link("mirror", mirror(file, policy.getMirror())));
    }
    return setters.build(RuntimeTypes.METHOD_POLICY);
  }

  /** The balancer by the name that the runtime knows, empty if the contract states none. */
  static String balancer(Policy policy) {
    if (!policy.getCustomBalancer().isEmpty()) {
      return policy.getCustomBalancer();
    }
    return policy.getBalancer() == Balancer.BALANCER_UNSPECIFIED
        ? ""
        : policy.getBalancer().name().toLowerCase(Locale.ROOT);
  }

  private static MethodChain.Value retry(JavaFile file, Retry retry) {
    Setters setters = new Setters(file);
    if (retry.getAttempts() != 0) {
      setters.value("attempts", retry.getAttempts());
    }
    setters.time("perAttempt", retry.getPerAttempt());
    setters.codes(retry.getCodesList());
    setters.time("backoff", retry.getBackoff());
    setters.time("maxBackoff", retry.getMaxBackoff());
    if (retry.hasBackoffMultiplier()) {
      setters.value("backoffMultiplier", retry.getBackoffMultiplier());
    }
    setters.unsafe(retry.getUnsafe());
    return setters.build(RuntimeTypes.RETRY_POLICY);
  }

  private static MethodChain.Value route(JavaFile file, Route route) {
    Setters setters = new Setters(file);
    setters.text("tag", route.getTag());
    setters.text("value", route.getValue());
    setters.value("percent", route.getPercent());
    return setters.build(RuntimeTypes.ROUTE_POLICY);
  }

  private static MethodChain.Value mirror(JavaFile file, Mirror mirror) {
    Setters setters = new Setters(file);
    setters.text("to", mirror.getTo());
    setters.value("percent", mirror.getPercent());
    return setters.build(RuntimeTypes.MIRROR_POLICY);
  }

  private static MethodChain.Value hedging(JavaFile file, Hedging hedging) {
    Setters setters = new Setters(file);
    if (hedging.getAttempts() != 0) {
      setters.value("attempts", hedging.getAttempts());
    }
    setters.time("delay", hedging.getDelay());
    setters.codes(hedging.getCodesList());
    setters.unsafe(hedging.getUnsafe());
    return setters.build(RuntimeTypes.HEDGING_POLICY);
  }

  private static MethodChain.Value cache(JavaFile file, Cache cache) {
    Setters setters = new Setters(file);
    setters.time("ttl", cache.getTtl());
    setters.time("staleIfError", cache.getStaleIfError());
    if (cache.hasMaxEntries()) {
      setters.value("maxEntries", cache.getMaxEntries());
    }
    if (cache.hasMaxBytes()) {
      setters.value("maxBytes", cache.getMaxBytes());
    }
    setters.texts("vary", cache.getVaryList());
    if (cache.hasSharedFlight()) {
      setters.value("sharedFlight", cache.getSharedFlight());
    }
    return setters.build(RuntimeTypes.CACHE_POLICY);
  }

  private enum Unit {
    HOURS("ofHours", 3_600_000_000_000L),
    MINUTES("ofMinutes", 60_000_000_000L),
    SECONDS("ofSeconds", 1_000_000_000L),
    MILLIS("ofMillis", 1_000_000L),
    NANOS("ofNanos", 1L);

    private final String factory;
    private final long nanos;

    Unit(String factory, long nanos) {
      this.factory = factory;
      this.nanos = nanos;
    }
  }

  private record Setters(JavaFile file, List<MethodChain> links) {
    Setters(JavaFile file) {
      this(file, new ArrayList<>());
    }

    void add(MethodChain link) {
      links.add(link);
    }

    void text(String name, String text) {
      if (!text.isEmpty()) {
        add(MethodChain.link(name, JavaText.literal(text)));
      }
    }

    void time(String name, String text) {
      if (!text.isEmpty()) {
        add(MethodChain.link(name, file.name(RuntimeTypes.DURATION) + "." + factory(text)));
      }
    }

    /** In the largest unit that has a whole number of it. */
    private static String factory(String text) {
      long nanos = DurationText.nanos(text);
      if (nanos == 0) {
        return "ZERO";
      }
      for (Unit unit : Unit.values()) {
        if (nanos % unit.nanos == 0) {
          return unit.factory + "(" + nanos / unit.nanos + (unit == Unit.NANOS ? "L)" : ")");
        }
      }
      throw new AssertionError(text);
    }

    void texts(String name, List<String> texts) {
      if (!texts.isEmpty()) {
        add(
            MethodChain.link(
                name, texts.stream().map(JavaText::literal).collect(Collectors.joining(", "))));
      }
    }

    void value(String name, Object value) {
      add(MethodChain.link(name, String.valueOf(value)));
    }

    void constant(String name, JavaType type, Enum<?> constant) {
      add(MethodChain.link(name, file.name(type) + "." + constant.name()));
    }

    void codes(List<Code> codes) {
      if (!codes.isEmpty()) {
        String type = file.name(RuntimeTypes.CODE);
        add(
            MethodChain.link(
                "codes",
                codes.stream()
                    .map(code -> type + "." + code.name())
                    .collect(Collectors.joining(", "))));
      }
    }

    void unsafe(boolean unsafe) {
      if (unsafe) {
        add(MethodChain.link("unsafe", ""));
      }
    }

    MethodChain.Value build(JavaType type) {
      return MethodChain.Value.built(file.name(type), links);
    }
  }
}
