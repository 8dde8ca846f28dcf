package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * Gives a call the deadline of its method's policy. The deadline is put into the options before the
 * call exists, so it covers all attempts and the time between them.
 */
final class DeadlineLayer extends ClientLayer {
  private final long nanos;
  private final Deadline.Ticker ticker;

  DeadlineLayer(long nanos, Deadline.Ticker ticker) {
    this.nanos = nanos;
    this.ticker = ticker;
  }

  /**
   * For a call that states none in its settings. A deadline in the options came from the caller's
   * own caller as likely as from the caller, so the shorter one wins.
   */
  @Override
  CallOptions open(CallOptions options, @Nullable CallSettings settings) {
    boolean stated = settings != null && settings.deadline() != null;
    return super.open(stated ? options : Deadlines.atMost(options, nanos, ticker), settings);
  }

  @Override
  public String toString() {
    return "deadline";
  }
}
