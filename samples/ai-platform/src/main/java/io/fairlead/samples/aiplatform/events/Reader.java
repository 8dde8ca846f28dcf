package io.fairlead.samples.aiplatform.events;

import java.util.Locale;

/** Who reads events. Each has a queue of its own, so each gets all of them. */
public enum Reader {
  /** Keeps an answer to each image. */
  ANSWERS,
  /** Counts images. */
  JOURNAL;

  String queue() {
    return "vision." + name().toLowerCase(Locale.ROOT);
  }
}
