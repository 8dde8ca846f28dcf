package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives a call the deadline of its method's policy. It begins before the call exists, so it covers
 * all attempts and the time between them.
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
  @Nullable Deadline deadline(CallOptions options, @Nullable CallSettings settings) {
    Deadline given = super.deadline(options, settings);
    if (settings != null && settings.deadline() != null) {
      return given;
    }
    Deadline limit = Deadline.after(nanos, TimeUnit.NANOSECONDS, ticker);
    return given != null && given.isBefore(limit) ? given : limit;
  }

  @Override
  public String toString() {
    return "deadline";
  }
}
