package io.fairlead.registry.etcd;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.reflect.TypeToken;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.FaultPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RoutePolicy;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Policies as JSON, with the names and values of {@link MethodPolicy}: {@code {"deadline":"300ms",
 * "retry":{"attempts":3}}}. It is the form in etcd and on the command line. A policy that is read
 * was checked: types, bounds, and that every name is known.
 */
public final class PolicyJson {
  private static final Gson GSON = new Gson();
  private static final TypeToken<Map<String, Object>> PARAMETERS = new TypeToken<>() {};

  /** They are honoured by servers, which have their policies from the start. */
  private static final Set<PolicyField> OF_SERVERS =
      Set.of(PolicyField.AUTH_SCOPES, PolicyField.PUBLIC_ACCESS, PolicyField.PRIORITY);

  private PolicyJson() {}

  /** Returns a policy as one line of JSON. */
  public static String write(MethodPolicy policy) {
    return encode(policy).toString();
  }

  /** Returns the limits that a rule states as one line of JSON. */
  public static String write(LiveLimits limits) {
    return limits.encode().toString();
  }

  /**
   * Reads a policy.
   *
   * @throws IllegalArgumentException if it is not one; the message names the field, its value and
   *     what is allowed
   */
  public static MethodPolicy read(String json) {
    return decode(parse(json));
  }

  /** Returns the object that a text is. */
  static JsonObject parse(String json) {
    JsonElement element;
    try {
      element = JsonParser.parseString(json);
    } catch (JsonParseException e) {
      throw new IllegalArgumentException("this is not JSON: " + abridged(json));
    }
    if (!element.isJsonObject()) {
      throw new IllegalArgumentException("this is not an object of JSON: " + abridged(json));
    }
    return element.getAsJsonObject();
  }

  private static String abridged(String text) {
    return text.length() > 100 ? text.substring(0, 100) + "..." : text;
  }

  /**
   * Returns the first object with the members of the second in place of its own; a null takes a
   * member out, and objects within them are joined in the same way (RFC 7396).
   */
  static JsonObject patched(@Nullable JsonElement base, JsonObject patch) {
    JsonObject joined =
        base != null && base.isJsonObject() ? base.getAsJsonObject().deepCopy() : new JsonObject();
    for (Map.Entry<String, JsonElement> each : patch.entrySet()) {
      String name = each.getKey();
      JsonElement value = each.getValue();
      if (value.isJsonNull()) {
        joined.remove(name);
      } else if (value.isJsonObject()) {
        joined.add(name, patched(joined.get(name), value.getAsJsonObject()));
      } else {
        joined.add(name, value);
      }
    }
    return joined;
  }

  static JsonObject encode(MethodPolicy policy) {
    JsonObject json = new JsonObject();
    policy.deadline().ifPresent(value -> json.addProperty("deadline", text(value)));
    policy.idleTimeout().ifPresent(value -> json.addProperty("idleTimeout", text(value)));
    policy.retry().ifPresent(value -> json.add("retry", encode(value)));
    policy.hedging().ifPresent(value -> json.add("hedging", encode(value)));
    policy.balancer().ifPresent(value -> json.add("balancer", encode(value)));
    policy.waitForReady().ifPresent(value -> json.addProperty("waitForReady", value));
    policy.maxRequestBytes().ifPresent(value -> json.addProperty("maxRequestBytes", value));
    policy.maxResponseBytes().ifPresent(value -> json.addProperty("maxResponseBytes", value));
    policy.compression().ifPresent(value -> json.addProperty("compression", value));
    policy.failureMode().ifPresent(value -> json.addProperty("failureMode", value.name()));
    policy.breaker().ifPresent(value -> json.add("breaker", encode(value)));
    policy.endpointBreaker().ifPresent(value -> json.add("endpointBreaker", encode(value)));
    policy.route().ifPresent(value -> json.add("route", encode(value)));
    policy.cache().ifPresent(value -> json.add("cache", encode(value)));
    policy.fault().ifPresent(value -> json.add("fault", encode(value)));
    policy.mirror().ifPresent(value -> json.add("mirror", encode(value)));
    return json;
  }

  private static String text(Duration duration) {
    return PolicyField.text(duration);
  }

  private static JsonArray encode(Collection<Code> codes) {
    JsonArray array = new JsonArray();
    codes.forEach(code -> array.add(code.name()));
    return array;
  }

  private static JsonObject encode(RetryPolicy retry) {
    JsonObject json = new JsonObject();
    json.addProperty("attempts", retry.attempts());
    retry.perAttempt().ifPresent(value -> json.addProperty("perAttempt", text(value)));
    json.add("codes", encode(retry.codes()));
    json.addProperty("backoff", text(retry.backoff()));
    json.addProperty("maxBackoff", text(retry.maxBackoff()));
    json.addProperty("backoffMultiplier", retry.backoffMultiplier());
    json.addProperty("unsafe", retry.unsafe());
    return json;
  }

  private static JsonObject encode(HedgingPolicy hedging) {
    JsonObject json = new JsonObject();
    json.addProperty("attempts", hedging.attempts());
    json.addProperty("delay", text(hedging.delay()));
    json.add("codes", encode(hedging.codes()));
    json.addProperty("unsafe", hedging.unsafe());
    return json;
  }

  private static JsonElement encode(BalancerSpec balancer) {
    JsonObject json = new JsonObject();
    json.addProperty("name", balancer.name());
    json.add("config", GSON.toJsonTree(balancer.config()));
    return json;
  }

  private static JsonObject encode(CircuitBreakerPolicy breaker) {
    JsonObject json = new JsonObject();
    json.addProperty("enabled", breaker.enabled());
    json.addProperty("failureRate", breaker.failureRate());
    json.addProperty("minimumSamples", breaker.minimumSamples());
    json.addProperty("window", text(breaker.window()));
    json.addProperty("openFor", text(breaker.openFor()));
    json.addProperty("probes", breaker.probes());
    json.add("codes", encode(breaker.codes()));
    return json;
  }

  private static JsonObject encode(CachePolicy cache) {
    JsonObject json = new JsonObject();
    cache.ttl().ifPresent(value -> json.addProperty("ttl", text(value)));
    cache.staleIfError().ifPresent(value -> json.addProperty("staleIfError", text(value)));
    json.addProperty("maxEntries", cache.maxEntries());
    json.addProperty("maxBytes", cache.maxBytes());
    JsonArray vary = new JsonArray();
    cache.vary().forEach(vary::add);
    json.add("vary", vary);
    json.addProperty("sharedFlight", cache.sharedFlight());
    return json;
  }

  private static JsonObject encode(RoutePolicy route) {
    JsonObject json = new JsonObject();
    json.addProperty("tag", route.tag());
    json.addProperty("value", route.value());
    json.addProperty("percent", route.percent());
    return json;
  }

  private static JsonObject encode(FaultPolicy fault) {
    JsonObject json = new JsonObject();
    json.addProperty("share", fault.share());
    fault.delay().ifPresent(value -> json.addProperty("delay", text(value)));
    fault.code().ifPresent(value -> json.addProperty("code", value.name()));
    fault.caller().ifPresent(value -> json.addProperty("caller", value));
    fault.header().ifPresent(value -> json.addProperty("header", value));
    fault.headerValue().ifPresent(value -> json.addProperty("headerValue", value));
    return json;
  }

  private static JsonObject encode(MirrorPolicy mirror) {
    JsonObject json = new JsonObject();
    json.addProperty("to", mirror.to());
    json.addProperty("percent", mirror.percent());
    return json;
  }

  static MethodPolicy decode(JsonObject json) {
    return decode(json, "");
  }

  /**
   * Reads a policy.
   *
   * @param beside what else may stand beside its fields, and was taken out before; messages name it
   */
  static MethodPolicy decode(JsonObject json, String beside) {
    for (PolicyField field : OF_SERVERS) {
      if (json.has(field.fieldName())) {
        throw new IllegalArgumentException(
            field.fieldName()
                + " is of servers, and does not change while they run; state it in the contract"
                + " or by the server's builder");
      }
    }
    JsonFields fields = JsonFields.of(json);
    MethodPolicy.Builder policy = MethodPolicy.builder();
    fields.duration("deadline", policy::deadline);
    fields.duration("idleTimeout", policy::idleTimeout);
    JsonFields retry = fields.group("retry");
    if (retry != null) {
      policy.retry(retry(retry));
    }
    JsonFields hedging = fields.group("hedging");
    if (hedging != null) {
      policy.hedging(hedging(hedging));
    }
    balancer(fields, policy);
    fields.flag("waitForReady", policy::waitForReady);
    fields.integer("maxRequestBytes", policy::maxRequestBytes);
    fields.integer("maxResponseBytes", policy::maxResponseBytes);
    fields.text("compression", policy::compression);
    fields.constant("failureMode", FailureMode.class, policy::failureMode);
    JsonFields breaker = fields.group("breaker");
    if (breaker != null) {
      policy.breaker(breaker(breaker));
    }
    JsonFields endpointBreaker = fields.group("endpointBreaker");
    if (endpointBreaker != null) {
      policy.endpointBreaker(breaker(endpointBreaker));
    }
    JsonFields cache = fields.group("cache");
    if (cache != null) {
      policy.cache(cache(cache));
    }
    JsonFields route = fields.group("route");
    if (route != null) {
      policy.route(route(route));
    }
    JsonFields fault = fields.group("fault");
    if (fault != null) {
      policy.fault(fault(fault));
    }
    JsonFields mirror = fields.group("mirror");
    if (mirror != null) {
      policy.mirror(mirror(mirror));
    }
    if (!beside.isEmpty() && !json.has(beside)) {
      fields.mention(beside);
    }
    fields.end();
    return policy.build();
  }

  private static RetryPolicy retry(JsonFields fields) {
    RetryPolicy.Builder retry = RetryPolicy.builder();
    fields.integer("attempts", retry::attempts);
    fields.duration("perAttempt", retry::perAttempt);
    fields.constants("codes", Code.class, retry::codes);
    fields.duration("backoff", retry::backoff);
    fields.duration("maxBackoff", retry::maxBackoff);
    fields.number("backoffMultiplier", retry::backoffMultiplier);
    fields.flag("unsafe", retry::unsafe);
    fields.end();
    return retry.build();
  }

  private static HedgingPolicy hedging(JsonFields fields) {
    HedgingPolicy.Builder hedging = HedgingPolicy.builder();
    fields.integer("attempts", hedging::attempts);
    fields.duration("delay", hedging::delay);
    fields.constants("codes", Code.class, hedging::codes);
    fields.flag("unsafe", hedging::unsafe);
    fields.end();
    return hedging.build();
  }

  /** A name alone, or a name with parameters. */
  private static void balancer(JsonFields fields, MethodPolicy.Builder policy) {
    if (fields.isText("balancer")) {
      fields.text("balancer", policy::balancer);
      return;
    }
    JsonFields group = fields.group("balancer");
    if (group != null) {
      JsonObject config = group.object("config");
      policy.balancer(
          group.required("name"), config == null ? Map.of() : GSON.fromJson(config, PARAMETERS));
      group.end();
    }
  }

  private static CircuitBreakerPolicy breaker(JsonFields fields) {
    CircuitBreakerPolicy.Builder breaker = CircuitBreakerPolicy.builder();
    fields.flag("enabled", breaker::enabled);
    fields.number("failureRate", breaker::failureRate);
    fields.integer("minimumSamples", breaker::minimumSamples);
    fields.duration("window", breaker::window);
    fields.duration("openFor", breaker::openFor);
    fields.integer("probes", breaker::probes);
    fields.constants("codes", Code.class, breaker::codes);
    fields.end();
    return breaker.build();
  }

  private static RoutePolicy route(JsonFields fields) {
    RoutePolicy.Builder route = RoutePolicy.builder();
    fields.text("tag", route::tag);
    fields.text("value", route::value);
    fields.number("percent", route::percent);
    fields.end();
    return route.build();
  }

  private static FaultPolicy fault(JsonFields fields) {
    FaultPolicy.Builder fault = FaultPolicy.builder();
    fields.number("share", fault::share);
    fields.duration("delay", fault::delay);
    fields.constant("code", Code.class, fault::code);
    fields.text("caller", fault::caller);
    fields.text("header", fault::header);
    fields.text("headerValue", fault::headerValue);
    fields.end();
    return fault.build();
  }

  private static MirrorPolicy mirror(JsonFields fields) {
    MirrorPolicy.Builder mirror = MirrorPolicy.builder();
    fields.text("to", mirror::to);
    fields.number("percent", mirror::percent);
    fields.end();
    return mirror.build();
  }

  private static CachePolicy cache(JsonFields fields) {
    CachePolicy.Builder cache = CachePolicy.builder();
    fields.duration("ttl", cache::ttl);
    fields.duration("staleIfError", cache::staleIfError);
    fields.integer("maxEntries", cache::maxEntries);
    fields.integer("maxBytes", cache::maxBytes);
    fields.texts("vary", cache::vary);
    fields.flag("sharedFlight", cache::sharedFlight);
    fields.end();
    return cache.build();
  }
}
