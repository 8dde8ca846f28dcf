package io.fairlead.scaling;

import io.fairlead.discovery.Endpoint;
import java.util.concurrent.CompletionStage;

/** Tells instances to send their clients elsewhere, and to take them back. */
interface Drains extends AutoCloseable {
  /** Completes once the instance has accepted it. */
  CompletionStage<Void> drain(Endpoint endpoint, String reason);

  /** Completes once the instance has accepted it. */
  CompletionStage<Void> undrain(Endpoint endpoint, String reason);

  /** Returns with what reason an instance was drained last; empty if it is not drained. */
  CompletionStage<String> whyDrained(Endpoint endpoint);

  @Override
  void close();
}
