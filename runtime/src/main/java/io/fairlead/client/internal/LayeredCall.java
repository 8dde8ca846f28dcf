package io.fairlead.client.internal;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call as the layers see it: it holds the state that they do not have. Implemented by the call
 * classes alone; layers call it on whichever thread begins or ends the call.
 */
interface LayeredCall {
  /** Returns what all its attempts have in their options. */
  CallOptions options();

  /** Returns the deadline of all its attempts together, or null for none. */
  @Nullable Deadline deadline();

  /** Returns the context of the code that made the call. */
  Context context();

  long startedNanos();

  /** Returns the time until it must be over; {@link Long#MAX_VALUE} for no limit. */
  default long leftNanos() {
    Deadline own = deadline();
    Deadline inbound = context().getDeadline();
    long left = own == null ? Long.MAX_VALUE : own.timeRemaining(TimeUnit.NANOSECONDS);
    return inbound == null ? left : Math.min(left, inbound.timeRemaining(TimeUnit.NANOSECONDS));
  }

  /** Returns the whole request, or null for a call that may send several. */
  @Nullable Object request();

  /** Returns the response of the attempt that ended the call, or null. */
  @Nullable Object response();

  /** Returns whether somebody listens; a call may be cancelled before it is started. */
  boolean hasListener();

  /** Begins the first attempt: all layers have let the call through. */
  void beginAttempts(AttemptTracer first);

  /** A layer does not let the call through: runs this where the caller wants to be told. */
  void refused(Runnable tell);

  /** Gives the caller the end of the call, with what came before it. */
  void deliver(Status status, Metadata trailers);

  /** Gives the caller this response in place of a failure. */
  void deliverInstead(Object response);
}
