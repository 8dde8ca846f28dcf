package io.fairlead.codegen.contract;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.fairlead.options.Balancer;
import io.fairlead.options.Cache;
import io.fairlead.options.Code;
import io.fairlead.options.DurationText;
import io.fairlead.options.FailureMode;
import io.fairlead.options.Hedging;
import io.fairlead.options.Mirror;
import io.fairlead.options.Policy;
import io.fairlead.options.Retry;
import io.fairlead.options.Route;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Checks what a policy says, whoever says it: each value for itself, and values that contradict
 * each other.
 */
final class PolicyValueValidator {
  private static final Pattern TOKEN = Pattern.compile("[a-z0-9][a-z0-9_.-]*");

  private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9_.-]+");

  private final PolicyOption option;
  private final Policy policy;

  private PolicyValueValidator(PolicyOption option) {
    this.option = option;
    this.policy = option.policy();
  }

  static void check(PolicyOption option) {
    PolicyValueValidator values = new PolicyValueValidator(option);
    values.checkKnown(option.policy());
    values.checkByType();
    values.checkTimes();
    values.checkRetry();
    values.checkHedging();
    values.checkChoices();
    values.checkLimits();
    values.checkScopes();
    values.checkRoute();
    values.checkCache();
    values.checkMirror();
  }

  /** A field that this generator does not know would be lost without a word. */
  private void checkKnown(Message message, Integer... path) {
    for (Integer number : message.getUnknownFields().asMap().keySet()) {
      option.refuse(
          "field %d of %s is not known to this version of protoc-gen-fairlead; raise the generator to the version of fairlead/options.proto"
              .formatted(number, message.getDescriptorForType().getFullName()),
          path);
    }
  }

  /** A policy's numbers are all of bytes. */
  private void checkByType() {
    policy
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.getType() == FieldDescriptor.Type.UINT32) {
                bytes(field.getName(), (Integer) value, field.getNumber());
              } else if (value instanceof EnumValueDescriptor constant && constant.getIndex() < 0) {
                unknownEnum(field.getName(), constant.getNumber(), field.getNumber());
              }
            });
  }

  private void checkTimes() {
    positive("deadline", policy.getDeadline(), Policy.DEADLINE_FIELD_NUMBER);
    positive("idle_timeout", policy.getIdleTimeout(), Policy.IDLE_TIMEOUT_FIELD_NUMBER);
  }

  private void checkRetry() {
    if (!policy.hasRetry()) {
      return;
    }
    Retry retry = policy.getRetry();
    int block = Policy.RETRY_FIELD_NUMBER;
    checkKnown(retry, block);
    attempts("retry", retry.getAttempts(), 3, block, Retry.ATTEMPTS_FIELD_NUMBER);
    positive("retry.per_attempt", retry.getPerAttempt(), block, Retry.PER_ATTEMPT_FIELD_NUMBER);
    codes("retry", retry.getCodesValueList(), block, Retry.CODES_FIELD_NUMBER);
    long backoff = positive("retry.backoff", retry.getBackoff(), block, Retry.BACKOFF_FIELD_NUMBER);
    long max =
        positive("retry.max_backoff", retry.getMaxBackoff(), block, Retry.MAX_BACKOFF_FIELD_NUMBER);
    long first = retry.getBackoff().isEmpty() ? DurationText.nanos("25ms") : backoff;
    if (max > 0 && first > max) {
      option.refuse(
          "retry.max_backoff \"%s\" is below the first backoff, %s; raise it, or lower retry.backoff"
              .formatted(
                  retry.getMaxBackoff(),
                  retry.getBackoff().isEmpty()
                      ? "which is 25ms by default"
                      : "\"" + retry.getBackoff() + "\""),
          block,
          Retry.MAX_BACKOFF_FIELD_NUMBER);
    }
    double multiplier = retry.getBackoffMultiplier();
    if (retry.hasBackoffMultiplier() && !(multiplier >= 1 && multiplier <= 10)) {
      option.refuse(
          "retry.backoff_multiplier is %s; write a number from 1 to 10".formatted(multiplier),
          block,
          Retry.BACKOFF_MULTIPLIER_FIELD_NUMBER);
    }
  }

  private void checkHedging() {
    if (!policy.hasHedging()) {
      return;
    }
    Hedging hedging = policy.getHedging();
    int block = Policy.HEDGING_FIELD_NUMBER;
    checkKnown(hedging, block);
    attempts("hedging", hedging.getAttempts(), 2, block, Hedging.ATTEMPTS_FIELD_NUMBER);
    codes("hedging", hedging.getCodesValueList(), block, Hedging.CODES_FIELD_NUMBER);
    if (hedging.getDelay().isEmpty()) {
      option.refuse(
          "hedging has no delay; write the delay before the next hedge, like delay: \"50ms\""
              + " (\"0s\" sends all at once)",
          block);
    } else {
      duration("hedging.delay", hedging.getDelay(), block, Hedging.DELAY_FIELD_NUMBER);
    }
    if (policy.hasRetry()) {
      option.refuse(
          "retry and hedging contradict each other; a call is either retried or hedged: keep"
              + " one",
          block);
    }
  }

  private void checkCache() {
    if (!policy.hasCache()) {
      return;
    }
    Cache cache = policy.getCache();
    int block = Policy.CACHE_FIELD_NUMBER;
    checkKnown(cache, block);
    long ttl = positive("cache.ttl", cache.getTtl(), block, Cache.TTL_FIELD_NUMBER);
    long stale =
        positive(
            "cache.stale_if_error",
            cache.getStaleIfError(),
            block,
            Cache.STALE_IF_ERROR_FIELD_NUMBER);
    if (cache.getTtl().isEmpty() && cache.getStaleIfError().isEmpty()) {
      option.refuse(
          "cache has neither ttl nor stale_if_error, so no response would be served from it; write one of them, like ttl: \"5s\"",
          block);
    } else if (ttl > 0 && stale > 0 && stale < ttl) {
      option.refuse(
          "cache.stale_if_error \"%s\" is below the ttl \"%s\", and responses are served for that long anyway; raise it, or leave it out"
              .formatted(cache.getStaleIfError(), cache.getTtl()),
          block,
          Cache.STALE_IF_ERROR_FIELD_NUMBER);
    }
    int entries = cache.getMaxEntries();
    if (cache.hasMaxEntries() && (entries < 1 || entries > 1_000_000)) {
      option.refuse(
          "cache.max_entries is %s; write 1 to 1000000, or leave it out for 1000"
              .formatted(Integer.toUnsignedString(entries)),
          block,
          Cache.MAX_ENTRIES_FIELD_NUMBER);
    }
    if (cache.hasMaxBytes() && cache.getMaxBytes() < 1) {
      option.refuse(
          "cache.max_bytes is %s; write 1 to %d bytes, or leave it out for 16 MiB"
              .formatted(Integer.toUnsignedString(cache.getMaxBytes()), Integer.MAX_VALUE),
          block,
          Cache.MAX_BYTES_FIELD_NUMBER);
    }
    for (String header : cache.getVaryList()) {
      if (!HEADER.matcher(header).matches() || header.toLowerCase(Locale.ROOT).endsWith("-bin")) {
        option.refuse(
            "cache.vary holds \"%s\", which is no name of a text header; write names like \"authorization\""
                .formatted(header),
            block,
            Cache.VARY_FIELD_NUMBER);
      }
    }
  }

  private void checkChoices() {
    String custom = policy.getCustomBalancer();
    if (!custom.isEmpty()) {
      token("custom_balancer", custom, "warehouse_first", Policy.CUSTOM_BALANCER_FIELD_NUMBER);
      if (policy.getBalancer() != Balancer.BALANCER_UNSPECIFIED) {
        option.refuse(
            "balancer %s and custom_balancer \"%s\" contradict each other; keep one"
                .formatted(policy.getBalancer(), custom),
            Policy.CUSTOM_BALANCER_FIELD_NUMBER);
      }
    }
    FailureMode mode = policy.getFailureMode();
    if (mode == FailureMode.FAILFAST && (policy.hasRetry() || policy.hasHedging())) {
      option.refuse(
          "failure_mode FAILFAST makes one attempt, which contradicts %s; drop one of them"
              .formatted(policy.hasRetry() ? "retry" : "hedging"),
          Policy.FAILURE_MODE_FIELD_NUMBER);
    }
    if (mode == FailureMode.BROADCAST && policy.hasHedging()) {
      option.refuse(
          "failure_mode BROADCAST calls every endpoint already, which contradicts hedging; drop one"
              + " of them",
          Policy.FAILURE_MODE_FIELD_NUMBER);
    }
  }

  private void checkLimits() {
    if (!policy.getCompression().isEmpty()) {
      token("compression", policy.getCompression(), "gzip", Policy.COMPRESSION_FIELD_NUMBER);
    }
  }

  private void checkScopes() {
    if (policy.getPublic() && policy.getAuthScopesCount() > 0) {
      option.refuse(
          "public: true lets everyone call, which contradicts auth_scopes %s; keep one of them"
              .formatted(policy.getAuthScopesList()),
          Policy.PUBLIC_FIELD_NUMBER);
    }
    Set<String> seen = new HashSet<>();
    for (String scope : policy.getAuthScopesList()) {
      if (scope.isBlank() || !scope.equals(scope.strip())) {
        option.refuse(
            "auth_scopes holds \"%s\", blank or with spaces around it; write a scope like \"inventory.write\""
                .formatted(scope),
            Policy.AUTH_SCOPES_FIELD_NUMBER);
      } else if (!seen.add(scope)) {
        option.refuse(
            "auth_scopes holds \"%s\" twice; write it once".formatted(scope),
            Policy.AUTH_SCOPES_FIELD_NUMBER);
      }
    }
  }

  private void checkRoute() {
    if (!policy.hasRoute()) {
      return;
    }
    Route route = policy.getRoute();
    int block = Policy.ROUTE_FIELD_NUMBER;
    checkKnown(route, block);
    if (route.getValue().isBlank()) {
      option.refuse(
          "route has no value; write what the wanted endpoints have in their %s, like value: \"2.0\""
              .formatted(route.getTag().isEmpty() ? "version" : route.getTag()),
          block);
    }
    percent("route", route.hasPercent(), route.getPercent(), block, Route.PERCENT_FIELD_NUMBER);
  }

  private void checkMirror() {
    if (!policy.hasMirror()) {
      return;
    }
    Mirror mirror = policy.getMirror();
    int block = Policy.MIRROR_FIELD_NUMBER;
    checkKnown(mirror, block);
    if (mirror.getTo().isBlank()) {
      option.refuse(
          "mirror does not say where copies go; write a name that the mirrors of channels know, like to: \"canary\"",
          block);
    }
    percent("mirror", mirror.hasPercent(), mirror.getPercent(), block, Mirror.PERCENT_FIELD_NUMBER);
  }

  private void percent(String name, boolean stated, double percent, int block, int field) {
    if (!stated) {
      option.refuse(name + " has no percent; write the share of the calls, from 0 to 100", block);
    } else if (!(percent >= 0 && percent <= 100)) {
      option.refuse(
          "%s.percent is %s; write a number from 0 to 100".formatted(name, percent), block, field);
    }
  }

  private void attempts(String block, int attempts, int standard, Integer... path) {
    if (attempts != 0 && (attempts < 2 || attempts > 10)) {
      option.refuse(
          "%s.attempts is %s; write 2 to 10, the first attempt included, or leave it out for %d"
              .formatted(block, Integer.toUnsignedString(attempts), standard),
          path);
    }
  }

  private void codes(String block, List<Integer> numbers, Integer... path) {
    List<Integer> seen = new ArrayList<>();
    for (Integer number : numbers) {
      Code code = Code.forNumber(number);
      if (code == null || code == Code.CODE_UNSPECIFIED) {
        option.refuse(
            "%s.codes holds %s, with which no attempt fails; write names like UNAVAILABLE or ABORTED"
                .formatted(block, code == null ? "the number " + number : code + " (OK)"),
            path);
      } else if (seen.contains(number)) {
        option.refuse("%s.codes holds %s twice; write it once".formatted(block, code), path);
      }
      seen.add(number);
    }
  }

  private long positive(String field, String text, Integer... path) {
    long nanos = duration(field, text, path);
    if (nanos == 0 && !text.isEmpty()) {
      option.refuse(
          "%s \"%s\" is no time at all; write a duration above zero, or leave it out"
              .formatted(field, text),
          path);
    }
    return nanos;
  }

  /** The duration in nanoseconds; negative, with a mistake noted, if the text is not one. */
  private long duration(String field, String text, Integer... path) {
    if (text.isEmpty()) {
      return -1;
    }
    try {
      return DurationText.nanos(text);
    } catch (IllegalArgumentException e) {
      option.refuse(field + " " + e.getMessage(), path);
      return -1;
    }
  }

  /** The fields are unsigned; what Java cannot count comes out negative. */
  private void bytes(String field, int bytes, Integer... path) {
    if (bytes < 1) {
      option.refuse(
          "%s is %s; write 1 to %d bytes, or leave it out for 4 MiB"
              .formatted(field, Integer.toUnsignedString(bytes), Integer.MAX_VALUE),
          path);
    }
  }

  private void token(String field, String value, String example, Integer... path) {
    if (!TOKEN.matcher(value).matches()) {
      option.refuse(
          "%s \"%s\" is not a name; write lower-case letters, digits, and _ . - between them, like \"%s\""
              .formatted(field, value, example),
          path);
    }
  }

  private void unknownEnum(String field, int number, Integer... path) {
    option.refuse(
        "%s has the number %d, which this version of protoc-gen-fairlead does not know; raise the generator, or write one of the names in fairlead/options.proto"
            .formatted(field, number),
        path);
  }
}
