package io.fairlead.scaling;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.fairlead.discovery.Registry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What a scaler makes known in a registry: its page {@code /load} as JSON, without the instances,
 * which the registry has anyway. Used by the thread that ticks.
 */
final class Announcement implements AutoCloseable {
  /** The one tag of the entry. */
  static final String PAGE = "load";

  /** Figures that change at each tick are not worth a write each time. */
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  /** An entry is to stay small; a reason of a rule of the user's may be of any length. */
  private static final int LONGEST_REASON = 300;

  private final LoadPage page;
  private final RegistryNote note;
  private Instant writtenAt = Instant.MIN;

  Announcement(Scaler scaler, Registry registry) {
    this.page = new LoadPage(scaler);
    this.note =
        new RegistryNote(
            registry, RegistryNote.DECISIONS + scaler.service(), RegistryNote.processId());
  }

  /** Writes what is known if it is news, or the last time was long ago. */
  void offer(ServiceLoad load, ScalingDecision decision, boolean news, Instant now) {
    if (!news && now.isBefore(writtenAt.plus(INTERVAL))) {
      return;
    }
    writtenAt = now;
    JsonObject figures = page.json(load, decision);
    figures.remove("endpoints");
    shorten(figures);
    JsonArray decisions = figures.getAsJsonArray("decisions");
    for (JsonElement each : decisions) {
      shorten(each.getAsJsonObject());
    }
    note.put(Map.of(PAGE, figures.toString()));
  }

  private static void shorten(JsonObject figures) {
    String why = figures.get("why").getAsString();
    if (why.length() > LONGEST_REASON) {
      figures.addProperty("why", why.substring(0, LONGEST_REASON) + "...");
    }
  }

  @Override
  public void close() {
    note.close();
  }
}
