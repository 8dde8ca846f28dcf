package io.fairlead.scaling;

import com.google.gson.JsonObject;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import java.io.IOException;

/** How many instances a load would take: ⌈L / C⌉, within the bounds of the policy. */
final class ScalePage implements WebHandler {
  private static final String TEXT = "text/plain";
  private static final String JSON = "application/json";

  private final ScalingPolicy policy;

  ScalePage(ScalingPolicy policy) {
    this.policy = policy;
  }

  @Override
  public void handle(WebExchange exchange) throws IOException {
    exchange.allow("GET");
    exchange.setHeader("Cache-Control", "no-store");
    double load =
        positive(
            "L",
            exchange
                .parameter("L")
                .orElseThrow(
                    () ->
                        new WebException(400, "L is missing: give the load, as in /scale?L=600")));
    double capacity =
        exchange.parameter("C").map(text -> positive("C", text)).orElse(policy.capacity());
    long exact = quotient(load, capacity * policy.share());
    long bounded = Math.max(policy.min(), Math.min(policy.max(), exact));
    String quotient =
        policy.zones() > 1 ? "L / C with a zone of " + policy.zones() + " spare" : "L / C";
    String why =
        bounded == exact
            ? quotient + ", rounded up"
            : (bounded > exact ? "the minimum; " : "the maximum; ") + quotient + " is " + exact;
    if (exchange.preferred(TEXT, JSON).equals(JSON)) {
      JsonObject root = new JsonObject();
      root.addProperty("L", load);
      root.addProperty("C", capacity);
      root.addProperty("N", bounded);
      root.addProperty("why", why);
      exchange.respond(200, JSON, root.toString());
    } else {
      exchange.respond(200, TEXT, bounded + " (" + why + ")\n");
    }
  }

  /** ⌈load / capacity⌉, where the quotient of two decimal fractions may be a hair too large. */
  static long quotient(double load, double capacity) {
    return (long) Math.ceil(load / capacity - 1e-9);
  }

  private static double positive(String name, String text) {
    double value;
    try {
      value = Double.parseDouble(text.trim());
    } catch (NumberFormatException e) {
      throw new WebException(
          400, name + " is \"" + text + "\", which is not a number; give one above 0");
    }
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw new WebException(
          400, name + " is \"" + text + "\", which is not a number; give one above 0");
    }
    if (value <= 0) {
      throw new WebException(
          400,
          name
              + " is "
              + text.trim()
              + ", which is "
              + (value < 0 ? "negative" : "zero")
              + "; give a number above 0");
    }
    return value;
  }
}
