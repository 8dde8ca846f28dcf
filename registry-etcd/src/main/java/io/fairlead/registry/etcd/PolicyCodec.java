package io.fairlead.registry.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.policy.MethodPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Sets and rules of live policy as etcd has them. What is decoded was checked as a whole. */
final class PolicyCodec {
  /** Another number is a form that this version does not know. */
  private static final long FORMAT = 1;

  static final int MOST_RULES = 100;
  static final int MOST_BYTES = 32 << 10;

  private PolicyCodec() {}

  static String encode(PolicySet set) {
    JsonObject json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("service", set.service());
    json.addProperty("revision", set.revision());
    json.addProperty("by", set.author());
    json.addProperty("why", set.reason());
    json.addProperty("at", set.at().toString());
    json.addProperty("change", set.change());
    JsonArray rules = new JsonArray();
    set.rules().forEach(rule -> rules.add(json(rule)));
    json.add("rules", rules);
    String text = json.toString();
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (set.rules().size() > MOST_RULES || bytes > MOST_BYTES) {
      throw new IllegalArgumentException(
          "the set of %s would have %d rules and %d bytes; %d rules and %d bytes are the most, so take rules out first"
              .formatted(set.service(), set.rules().size(), bytes, MOST_RULES, MOST_BYTES));
    }
    return text;
  }

  static String encode(PolicyRule rule) {
    JsonObject json = json(rule);
    json.addProperty("format", FORMAT);
    return json.toString();
  }

  private static JsonObject json(PolicyRule rule) {
    JsonObject json = new JsonObject();
    PolicyTarget target = rule.target();
    json.addProperty("name", target.name());
    add(json, "caller", target.caller());
    add(json, "zone", target.zone());
    add(json, "version", target.version());
    if (target.percent() < 100) {
      json.addProperty("percent", target.percent());
    }
    json.add("policy", PolicyJson.encode(rule.policy()));
    if (!rule.limits().isEmpty()) {
      json.add(LiveLimits.NAME, rule.limits().encode());
    }
    json.addProperty("revision", rule.revision());
    json.addProperty("by", rule.author());
    json.addProperty("why", rule.reason());
    json.addProperty("at", rule.at().toString());
    rule.until().ifPresent(end -> json.addProperty("until", end.toString()));
    return json;
  }

  private static void add(JsonObject json, String name, String value) {
    if (!value.isEmpty()) {
      json.addProperty(name, value);
    }
  }

  /**
   * Reads the set of a service.
   *
   * @throws IllegalArgumentException if it is not one; the message says what of it is wrong
   */
  static PolicySet set(String service, String text) {
    JsonFields fields = fields(text);
    String of = fields.required("service");
    if (!of.equals(service)) {
      throw new IllegalArgumentException("service is \"" + of + "\"; use \"" + service + "\"");
    }
    List<PolicyRule> rules = new ArrayList<>();
    for (JsonFields each : fields.list("rules")) {
      PolicyRule rule = rule(each);
      check(service, rule);
      rules.add(rule);
    }
    PolicySet set =
        new PolicySet(
            service,
            fields.count("revision"),
            fields.required("by"),
            fields.required("why"),
            time(fields, "at"),
            fields.required("change"),
            rules,
            List.of());
    fields.end();
    return set;
  }

  /** Reads an emergency rule. */
  static PolicyRule emergency(String service, String text) {
    PolicyRule rule = rule(fields(text));
    check(service, rule);
    if (rule.until().isEmpty()) {
      throw new IllegalArgumentException("until is missing");
    }
    return rule;
  }

  private static void check(String service, PolicyRule rule) {
    if (!rule.target().service().equals(service)) {
      throw new IllegalArgumentException(
          "name is \"" + rule.target().name() + "\", which is not of " + service);
    }
  }

  private static JsonFields fields(String text) {
    JsonFields fields = JsonFields.of(PolicyJson.parse(text));
    long format = fields.count("format");
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "it has the format " + format + ", and this process knows " + FORMAT + "; update it");
    }
    return fields;
  }

  private static PolicyRule rule(JsonFields fields) {
    int[] percent = {100};
    fields.integer("percent", value -> percent[0] = value);
    PolicyTarget target =
        new PolicyTarget(
            fields.required("name"),
            Objects.requireNonNullElse(fields.text("caller"), ""),
            Objects.requireNonNullElse(fields.text("zone"), ""),
            Objects.requireNonNullElse(fields.text("version"), ""),
            percent[0]);
    JsonObject policy = fields.object("policy");
    MethodPolicy stated;
    LiveLimits limits;
    try {
      stated = PolicyJson.decode(policy == null ? new JsonObject() : policy);
      limits = LiveLimits.read(fields, target);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(target + ": " + e.getMessage(), e);
    }
    PolicyRule rule =
        new PolicyRule(
            target,
            stated,
            limits,
            fields.count("revision"),
            fields.required("by"),
            fields.required("why"),
            time(fields, "at"),
            Optional.ofNullable(fields.time("until")));
    fields.end();
    return rule;
  }

  private static Instant time(JsonFields fields, String name) {
    Instant time = fields.time(name);
    if (time == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return time;
  }
}
