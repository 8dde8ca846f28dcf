package io.fairlead.codegen.emit;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.options.Balancer;
import io.fairlead.options.Code;
import io.fairlead.options.DurationText;
import io.fairlead.options.Hedging;
import io.fairlead.options.Policy;
import io.fairlead.options.Retry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The policies of a service in the form that every gRPC client reads: the service config of gRFC A2
 * and A6. What the form cannot carry (hash keys, failure modes, scopes) is left out.
 */
final class ServiceConfig {
  private ServiceConfig() {}

  static String json(ServiceModel service) {
    Map<String, Object> config = new LinkedHashMap<>();
    List<Object> balancers = balancers(service.policy());
    if (!balancers.isEmpty()) {
      config.put("loadBalancingConfig", balancers);
    }
    Map<Map<String, Object>, List<Object>> methods = new LinkedHashMap<>();
    for (MethodModel method : service.methods()) {
      Map<String, Object> stated = methodConfig(method.policy());
      if (!stated.isEmpty()) {
        methods.computeIfAbsent(stated, s -> new ArrayList<>()).add(name(service, method));
      }
    }
    List<Object> entries = new ArrayList<>();
    methods.forEach(
        (stated, names) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("name", names);
          entry.putAll(stated);
          entries.add(entry);
        });
    if (!entries.isEmpty()) {
      config.put("methodConfig", entries);
    }
    if (service.methods().stream().anyMatch(m -> hasRetryOrHedging(m.policy()))) {
      // As in the example of gRFC A6: ten successes pay for one retry.
      Map<String, Object> throttling = new LinkedHashMap<>();
      throttling.put("maxTokens", 10);
      throttling.put("tokenRatio", 0.1);
      config.put("retryThrottling", throttling);
    }
    return Json.write(config);
  }

  private static boolean hasRetryOrHedging(Policy policy) {
    return policy.hasRetry() || policy.hasHedging();
  }

  private static Map<String, Object> name(ServiceModel service, MethodModel method) {
    Map<String, Object> name = new LinkedHashMap<>();
    name.put("service", service.fullName());
    name.put("method", method.name());
    return name;
  }

  private static Map<String, Object> methodConfig(Policy policy) {
    Map<String, Object> config = new LinkedHashMap<>();
    if (policy.hasWaitForReady()) {
      config.put("waitForReady", policy.getWaitForReady());
    }
    if (!policy.getDeadline().isEmpty()) {
      config.put("timeout", DurationText.seconds(policy.getDeadline()));
    }
    if (policy.hasMaxRequestBytes()) {
      config.put("maxRequestMessageBytes", policy.getMaxRequestBytes());
    }
    if (policy.hasMaxResponseBytes()) {
      config.put("maxResponseMessageBytes", policy.getMaxResponseBytes());
    }
    if (policy.hasRetry()) {
      config.put("retryPolicy", retry(policy.getRetry()));
    }
    if (policy.hasHedging()) {
      config.put("hedgingPolicy", hedging(policy.getHedging()));
    }
    return config;
  }

  private static Map<String, Object> retry(Retry retry) {
    String backoff = orElse(retry.getBackoff(), "25ms");
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("maxAttempts", retry.getAttempts() == 0 ? 3 : retry.getAttempts());
    config.put("initialBackoff", DurationText.seconds(backoff));
    config.put("maxBackoff", DurationText.seconds(maxBackoff(retry, backoff)));
    config.put(
        "backoffMultiplier", retry.hasBackoffMultiplier() ? retry.getBackoffMultiplier() : 2);
    config.put("retryableStatusCodes", codes(retry.getCodesList()));
    if (!retry.getPerAttempt().isEmpty()) {
      config.put("perAttemptRecvTimeout", DurationText.seconds(retry.getPerAttempt()));
    }
    return config;
  }

  /** Without one stated, a second; or the first backoff, if that is longer. */
  private static String maxBackoff(Retry retry, String backoff) {
    if (!retry.getMaxBackoff().isEmpty()) {
      return retry.getMaxBackoff();
    }
    return DurationText.nanos(backoff) > DurationText.nanos("1s") ? backoff : "1s";
  }

  private static Map<String, Object> hedging(Hedging hedging) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("maxAttempts", hedging.getAttempts() == 0 ? 2 : hedging.getAttempts());
    config.put("hedgingDelay", DurationText.seconds(hedging.getDelay()));
    config.put("nonFatalStatusCodes", codes(hedging.getCodesList()));
    return config;
  }

  private static List<String> codes(List<Code> codes) {
    return codes.isEmpty() ? List.of("UNAVAILABLE") : codes.stream().map(Enum::name).toList();
  }

  /** Clients take the first balancer that they know, so a common one stands last. */
  private static List<Object> balancers(Policy service) {
    if (!service.getCustomBalancer().isEmpty()) {
      return List.of(named(service.getCustomBalancer()), named("round_robin"));
    }
    Balancer balancer = service.getBalancer();
    return switch (balancer) {
      case PICK_FIRST, STICKY -> List.of(named("pick_first"));
      case LEAST_REQUEST, PEAK_EWMA ->
          List.of(named("least_request_experimental"), named("round_robin"));
      case WEIGHTED_ROUND_ROBIN -> List.of(named("weighted_round_robin"), named("round_robin"));
      case ROUND_ROBIN, RANDOM, WEIGHTED_RANDOM, CONSISTENT_HASH, MAGLEV ->
          List.of(named("round_robin"));
      case BALANCER_UNSPECIFIED, UNRECOGNIZED -> List.of();
    };
  }

  private static Map<String, Object> named(String balancer) {
    return Map.of(balancer, Map.of());
  }

  private static String orElse(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }
}
