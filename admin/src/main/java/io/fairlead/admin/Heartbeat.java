package io.fairlead.admin;

import com.google.gson.JsonObject;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The last sign of life that the application gave, with the phase of its work. As a page it says
 * how old that is. Safe for use by many threads.
 */
final class Heartbeat implements WebHandler {
  private static final String TEXT = "text/plain";
  private static final String JSON = "application/json";

  private final InstantSource clock;
  private volatile Sign last;

  /** A sign of life, and since when its phase lasts. */
  record Sign(Instant at, String phase, Instant since) {}

  Heartbeat(InstantSource clock) {
    this.clock = clock;
    Instant start = clock.instant();
    this.last = new Sign(start, "", start);
  }

  synchronized void beat(String phase) {
    Instant now = clock.instant();
    String word = ActionLog.oneLine(phase);
    last = new Sign(now, word, last.phase().equals(word) ? last.since() : now);
  }

  Sign last() {
    return last;
  }

  /** With the parameter {@code max}, in seconds, an older sign answers with 503. */
  @Override
  public void handle(WebExchange exchange) throws IOException {
    exchange.allow("GET");
    exchange.setHeader("Cache-Control", "no-store");
    Sign sign = last;
    Duration age = Duration.between(sign.at(), clock.instant());
    String limit = exchange.parameter("max").orElse("");
    if (!limit.isEmpty() && !limit.matches("\\d{1,9}")) {
      throw new WebException(400, "max \"" + limit + "\" is not a number of seconds");
    }
    boolean late = !limit.isEmpty() && age.compareTo(Duration.ofSeconds(Long.parseLong(limit))) > 0;
    int status = late ? 503 : 200;
    if (exchange.preferred(TEXT, JSON).equals(JSON)) {
      JsonObject object = new JsonObject();
      object.addProperty("phase", sign.phase());
      object.addProperty("since", sign.since().toString());
      object.addProperty("lastSign", sign.at().toString());
      object.addProperty("ageSeconds", age.toMillis() / 1000.0);
      exchange.respond(status, JSON, object.toString());
      return;
    }
    exchange.respond(
        status,
        TEXT,
        "phase     %s, since %s%nlast sign %s ago%n"
            .formatted(
                sign.phase().isEmpty() ? "none was told" : sign.phase(),
                sign.since(),
                age.toMillis() / 1000.0 + " s"));
  }
}
