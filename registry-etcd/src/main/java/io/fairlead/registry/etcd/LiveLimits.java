package io.fairlead.registry.etcd;

import com.google.gson.JsonObject;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.PolicyField;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a rule of live policy states of the limits of servers. A limit that it does not state is
 * left to weaker rules, and at last to the server's builder. Immutable.
 *
 * <p>As JSON it is {@code {"maxCalls":200,"maxQueuedCalls":50,"maxQueueTime":"100ms"}}; 0 is no
 * limit. A rule for a method states {@code maxCalls} alone, which are the calls of that method.
 */
public final class LiveLimits {
  static final String NAME = "limits";

  private static final String MAX_CALLS = "maxCalls";
  private static final String MAX_CALLS_PER_METHOD = "maxCallsPerMethod";
  private static final String MAX_CALLS_PER_CALLER = "maxCallsPerCaller";
  private static final String MAX_QUEUED_CALLS = "maxQueuedCalls";
  private static final String MAX_QUEUE_TIME = "maxQueueTime";
  private static final String ADAPTIVE = "adaptive";
  private static final String OFF = "off";

  private static final LiveLimits NONE = new LiveLimits(Map.of());

  /** What is stated, by name: whole numbers, a duration, an adaptive limit or {@link #OFF}. */
  private final Map<String, Object> values;

  private LiveLimits(Map<String, Object> values) {
    this.values = values;
  }

  /** States nothing. */
  public static LiveLimits none() {
    return NONE;
  }

  /**
   * Reads the limits of an object that may have them.
   *
   * @throws IllegalArgumentException if they are none; the message says what of them is wrong
   */
  static LiveLimits read(JsonFields parent, PolicyTarget target) {
    JsonFields fields = parent.group(NAME);
    if (fields == null) {
      return NONE;
    }
    Map<String, Object> values = new TreeMap<>();
    for (String name :
        new String[] {MAX_CALLS, MAX_CALLS_PER_METHOD, MAX_CALLS_PER_CALLER, MAX_QUEUED_CALLS}) {
      fields.integer(name, value -> values.put(name, value));
    }
    fields.duration(MAX_QUEUE_TIME, value -> values.put(MAX_QUEUE_TIME, value));
    if (fields.isText(ADAPTIVE)) {
      fields.text(ADAPTIVE, value -> values.put(ADAPTIVE, value));
    } else {
      JsonFields adaptive = fields.group(ADAPTIVE);
      if (adaptive != null) {
        values.put(ADAPTIVE, adaptive(adaptive));
      }
    }
    fields.end();
    values.forEach((name, value) -> check(name, value, target));
    return of(values);
  }

  private static LiveLimits of(Map<String, Object> values) {
    return values.isEmpty() ? NONE : new LiveLimits(Collections.unmodifiableMap(values));
  }

  private static AdaptiveLimitPolicy adaptive(JsonFields fields) {
    AdaptiveLimitPolicy.Builder policy = AdaptiveLimitPolicy.builder();
    AdaptiveLimitPolicy standard = AdaptiveLimitPolicy.standard();
    int[] bounds = {standard.min(), standard.initial(), standard.max()};
    fields.integer("min", value -> bounds[0] = value);
    fields.integer("max", value -> bounds[2] = value);
    // Whoever narrows the bounds need not move the beginning too.
    bounds[1] = Math.max(bounds[0], Math.min(bounds[1], bounds[2]));
    fields.integer("initial", value -> bounds[1] = value);
    fields.number("tolerance", policy::tolerance);
    fields.duration("window", policy::window);
    fields.end();
    return policy.between(bounds[0], bounds[1], bounds[2]).build();
  }

  private static void check(String name, Object value, PolicyTarget target) {
    String full = NAME + "." + name;
    boolean ofMethod = target.depth() == 2;
    if (ofMethod && !name.equals(MAX_CALLS)) {
      throw new IllegalArgumentException(
          "%s is of whole servers, and %s is a method; state it for %s, or limits.maxCalls for the method"
              .formatted(full, target.name(), target.service()));
    }
    if (value instanceof Integer number && number < (ofMethod ? 1 : 0)) {
      throw new IllegalArgumentException(
          "%s is %d; use %s"
              .formatted(full, number, ofMethod ? "1 or more" : "1 or more, or 0 for no limit"));
    }
    if (value instanceof Duration time && time.isZero()) {
      throw new IllegalArgumentException(full + " is 0s; use a time above zero");
    }
    if (value instanceof String text && !text.equals(OFF)) {
      throw new IllegalArgumentException(
          full + " is \"" + text + "\"; use \"off\", or an object like {\"max\":100}");
    }
  }

  JsonObject encode() {
    JsonObject json = new JsonObject();
    values.forEach(
        (name, value) -> {
          if (value instanceof Integer number) {
            json.addProperty(name, number);
          } else if (value instanceof AdaptiveLimitPolicy policy) {
            JsonObject adaptive = new JsonObject();
            adaptive.addProperty("min", policy.min());
            adaptive.addProperty("initial", policy.initial());
            adaptive.addProperty("max", policy.max());
            adaptive.addProperty("tolerance", policy.tolerance());
            adaptive.addProperty("window", PolicyField.text(policy.window()));
            json.add(name, adaptive);
          } else {
            json.addProperty(name, PolicyField.text(value));
          }
        });
    return json;
  }

  /** Returns whether nothing is stated. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** Returns the names of what is stated. */
  Set<String> names() {
    return values.keySet();
  }

  /** Returns a value as messages show it. */
  String text(String name) {
    return PolicyField.text(values.get(name));
  }

  /** Returns these, and those of the other where this states nothing. */
  LiveLimits over(LiveLimits other) {
    Map<String, Object> joined = new TreeMap<>(other.values);
    joined.putAll(values);
    return of(joined);
  }

  /** Returns the limits of a server with these in place of its own. */
  ConcurrencyLimits over(ConcurrencyLimits base, PolicyTarget target) {
    ConcurrencyLimits.Builder limits = base.toBuilder();
    if (target.depth() == 2) {
      return limits
          .maxConcurrentCallsOf(target.name(), number(MAX_CALLS, Integer.MAX_VALUE))
          .build();
    }
    limits
        .maxConcurrentCalls(number(MAX_CALLS, base.maxCalls().orElse(0)))
        .maxConcurrentCallsPerMethod(
            number(MAX_CALLS_PER_METHOD, base.maxCallsPerMethod().orElse(0)))
        .maxConcurrentCallsPerCaller(
            number(MAX_CALLS_PER_CALLER, base.maxCallsPerCaller().orElse(0)))
        .queueLimit(
            number(MAX_QUEUED_CALLS, base.maxQueuedCalls().orElse(0)),
            values.get(MAX_QUEUE_TIME) instanceof Duration time ? time : base.maxQueueTime());
    Object adaptive = values.get(ADAPTIVE);
    if (adaptive instanceof AdaptiveLimitPolicy policy) {
      limits.adaptiveLimit(policy);
    } else if (adaptive != null) {
      limits.withoutAdaptiveLimit();
    }
    return limits.build();
  }

  private int number(String name, int otherwise) {
    return values.get(name) instanceof Integer stated ? stated : otherwise;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LiveLimits that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** Returns what is stated, as messages show it. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (String name : values.keySet()) {
      text.append(text.length() == 1 ? "" : "; ").append(NAME).append('.').append(name);
      text.append(": ").append(text(name));
    }
    return text.append('}').toString();
  }
}
