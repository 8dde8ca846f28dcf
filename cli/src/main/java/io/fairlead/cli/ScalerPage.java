package io.fairlead.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the process that decides about a service shows on its page {@code /load}, and announces in
 * the registry.
 */
final class ScalerPage {
  private final JsonObject page;

  private ScalerPage(JsonObject page) {
    this.page = page;
  }

  /**
   * Asks a scaler.
   *
   * @param scaler such as {@code http://127.0.0.1:9991}
   * @param service whose scaler it is to be
   */
  static ScalerPage read(URI scaler, String service, Duration timeout) throws InterruptedException {
    URI uri = scaler.resolve("/load");
    String body;
    try {
      HttpResponse<String> response =
          HttpClient.newBuilder()
              .connectTimeout(timeout)
              .build()
              .send(
                  HttpRequest.newBuilder(uri)
                      .header("Accept", "application/json")
                      .timeout(timeout)
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      body = response.body();
      if (response.statusCode() != 200) {
        throw new CommandException(
            ExitCode.UNREACHABLE,
            "the scaler at "
                + uri
                + " answered with "
                + response.statusCode()
                + ": "
                + body.strip().lines().findFirst().orElse(""));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "the scaler at "
              + uri
              + " cannot be asked: "
              + e
              + "; --scaler takes what \"fairlead scale --web-port\" says, such as"
              + " http://127.0.0.1:9991");
    }
    return new ScalerPage(parse(uri, body, service));
  }

  /** Returns what a scaler of this service announces in the registry; null if there is none. */
  static @Nullable ScalerPage announced(OpenRegistry registry, String service)
      throws InterruptedException {
    JsonObject newest = null;
    if (registry.resolve(OpenRegistry.DECISIONS + service) instanceof Resolution.Bound bound) {
      for (Endpoint each : bound.snapshot().endpoints()) {
        JsonObject page = announced(each.tags().getOrDefault("load", ""), service);
        // One that was killed stays until its lease ends, beside its successor.
        if (page != null && (newest == null || at(page).isAfter(at(newest)))) {
          newest = page;
        }
      }
    }
    return newest == null ? null : new ScalerPage(newest);
  }

  private static @Nullable JsonObject announced(String text, String service) {
    try {
      JsonObject page = JsonParser.parseString(text).getAsJsonObject();
      Instant unused = at(page);
      return page.has("want")
              && page.get("decisions").isJsonArray()
              && page.get("service").getAsString().equals(service)
          ? page
          : null;
    } catch (JsonParseException
        | IllegalStateException
        | UnsupportedOperationException
        | NullPointerException
        | DateTimeException e) {
      return null; // another version's, or somebody else's
    }
  }

  private static Instant at(JsonObject page) {
    return Instant.parse(page.get("at").getAsString());
  }

  private static JsonObject parse(URI uri, String body, String service) {
    JsonObject page;
    try {
      page = JsonParser.parseString(body).getAsJsonObject();
      if (!page.has("want") || !page.has("decisions")) {
        throw new JsonParseException("it has no decisions");
      }
    } catch (JsonParseException | IllegalStateException e) {
      throw new CommandException(
          ExitCode.USAGE, uri + " is no page of a scaler: " + e.getMessage());
    }
    String of = page.get("service").getAsString();
    if (!of.equals(service)) {
      throw new CommandException(
          ExitCode.USAGE, "the scaler at " + uri + " is that of " + of + ", not of " + service);
    }
    return page;
  }

  /** Writes what is wanted now, and a line for each of the last decisions. */
  void print(PrintStream out) {
    out.printf("%n%s wanted: %s%n", page.get("want").getAsInt(), page.get("why").getAsString());
    for (JsonElement each : page.getAsJsonArray("decisions")) {
      JsonObject decision = each.getAsJsonObject();
      out.printf(
          "%s  %d -> %d  %s%n",
          Instant.parse(decision.get("at").getAsString()).truncatedTo(ChronoUnit.SECONDS),
          decision.get("running").getAsInt(),
          decision.get("want").getAsInt(),
          decision.get("why").getAsString());
    }
  }

  /** Adds the same to a document. */
  void addTo(JsonObject document) {
    for (String name : new String[] {"want", "why", "decisions"}) {
      document.add(name, page.get(name));
    }
  }
}
