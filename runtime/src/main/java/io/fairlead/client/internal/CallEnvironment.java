package io.fairlead.client.internal;

import io.grpc.Channel;
import io.grpc.Deadline;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the calls of a channel share.
 *
 * @param transport makes the attempts
 * @param scheduler of backoffs, hedges and idle timers
 * @param callbacks runs code of the application that may block
 * @param nanoTime the clock of attempts, breakers and the budget
 * @param deadlineTicker the clock of the deadlines that policies set
 * @param random from 0 to 1, for jitter
 * @param budget bounds the repeats of all calls
 * @param backoffs the calls between two attempts
 * @param reporter tells observers and callers how calls ended
 */
record CallEnvironment(
    Channel transport,
    ScheduledExecutorService scheduler,
    Executor callbacks,
    LongSupplier nanoTime,
    Deadline.Ticker deadlineTicker,
    DoubleSupplier random,
    RetryBudget budget,
    OpenBackoffs backoffs,
    OutcomeReporter reporter) {

  /** Returns the environment of a channel with these settings. */
  static CallEnvironment of(
      ChannelConfig channelConfig, SharedClientEventLoops threads, Channel transport) {
    ScheduledExecutorService scheduler = channelConfig.scheduler;
    Executor callbacks = channelConfig.callbacks;
    return new CallEnvironment(
        transport,
        scheduler == null ? threads.loops() : scheduler,
        callbacks == null ? threads.callbacks() : callbacks,
        channelConfig.nanoTime,
        channelConfig.deadlineTicker,
        channelConfig.random,
        new RetryBudget(channelConfig.retriesPerSecond, channelConfig.nanoTime),
        new OpenBackoffs(),
        new OutcomeReporter(
            channelConfig.target,
            channelConfig.nanoTime,
            new CallObservers(channelConfig.observers)));
  }

  /**
   * Runs a task after this time. Returns null if the threads of the channels have ended, and with
   * them all connections: a call that is made then fails at once, and needs no timer.
   */
  @Nullable Future<?> schedule(Runnable task, long nanos) {
    try {
      return scheduler.schedule(task, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      return null;
    }
  }

  long now() {
    return nanoTime.getAsLong();
  }
}
